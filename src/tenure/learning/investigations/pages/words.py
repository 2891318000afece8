"""Verdicts, kinds and states of losses in words, with the role of their colour. Pure."""

from __future__ import annotations

VERDICTS = {
    "preventable": ("preventable", "bad"),
    "not_preventable": ("not preventable", "none"),
    "unclear": ("unclear", "warn"),
}
STATES = {
    "open": ("to confirm", "warn"),
    "confirmed": ("confirmed", "good"),
    "void": ("void", "none"),
}
KINDS = {
    "voluntary": "by their decision",
    "involuntary": "after a failed payment",
    "unknown": "not told how",
}
RETURNS = {"yes": "would come back", "maybe": "might come back", "no": "would not come back"}


def kind(name: str) -> str:
    """How it ended.

    >>> kind("involuntary"), kind("merger")
    ('after a failed payment', 'merger')
    """
    return KINDS.get(name, name)
