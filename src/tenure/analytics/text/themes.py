"""What a text is about: themes told by their words (``themes.toml``); nothing leaves the machine.

Words and no model: what is counted can be read and changed, in every language that has words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tenure.analytics import toml


class Theme(BaseModel):
    """A theme: ``words`` are words, beginnings (``price*``) and phrases, in small letters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    words: tuple[str, ...] = Field(min_length=1)

    @field_validator("words")
    @classmethod
    def _are_small_and_whole(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if word != word.lower() or word != " ".join(word.split()) or not word.strip("*"):
                raise ValueError(f"{word!r}: write words in small letters, with single spaces")
            if "*" in word.rstrip("*"):
                raise ValueError(f"{word!r}: a * stands at the end alone")
        return words


class ThemePolicy(BaseModel):
    """See ``themes.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most_characters: int = Field(ge=50)
    most_themes: int = Field(ge=1)
    themes: Mapping[str, Theme]


def parse_themes(source: str, text: str) -> ThemePolicy:
    """The themes in the TOML ``text``; SpecError if they are not sound."""
    return toml.parse(ThemePolicy, source, toml.read(source, text))


@lru_cache
def default_themes() -> ThemePolicy:
    """The packaged themes."""
    text = (files("tenure.analytics.text") / "themes.toml").read_text("utf-8")
    return parse_themes("themes", text)


def themes(text: str | None, policy: ThemePolicy | None = None) -> list[str]:
    """Names of the themes of a text, the one with most of its words first.

    >>> themes("The export crashed again, and it is far too expensive for that.")
    ['fault', 'integration', 'price']
    >>> themes("Hello!"), themes(None), themes("Viel zu teuer")
    ([], [], ['price'])
    """
    rules = policy or default_themes()
    read = " ".join((text or "")[: rules.most_characters].lower().replace("’", "'").split())
    if not read:
        return []
    counted = [
        (-len(set(pattern.findall(read))), name) for name, pattern in _patterns(rules).items()
    ]
    return [name for hits, name in sorted(counted) if hits][: rules.most_themes]


def themes_of(texts: Iterable[str | None], policy: ThemePolicy | None = None) -> list[list[str]]:
    """The themes of many texts, in their order; equal texts are read once."""
    known: dict[str | None, list[str]] = {}
    found = []
    for text in texts:
        if text not in known:
            known[text] = themes(text, policy)
        found.append(known[text])
    return found


def _patterns(policy: ThemePolicy) -> dict[str, re.Pattern[str]]:
    key = tuple((name, theme.words) for name, theme in policy.themes.items())
    return _compiled(key)


@lru_cache(maxsize=8)
def _compiled(key: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, re.Pattern[str]]:
    return {name: _pattern(words) for name, words in key}


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted(words, key=len, reverse=True)  # a phrase before the word it begins with
    parts = [re.escape(w.rstrip("*")) + (r"\w*" if w.endswith("*") else "") for w in ordered]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
