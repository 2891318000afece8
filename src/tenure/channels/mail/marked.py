"""Words that go into a marked text (see ``letter``). Pure."""

from __future__ import annotations


def unmarked(words: str) -> str:
    """Words of others, to be put into a marked text: they stay words.

    >>> unmarked("[Pay here](https://evil.example)")
    '[Pay here] (https://evil.example)'
    """
    return words.replace("](", "] (")
