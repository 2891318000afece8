"""Phrases that press on guilt, fear or time (``wording.toml``), looked for in texts. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("wording.toml")


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """The phrases of a kind: ``guilt`` or ``pressure``."""
    return tuple(tomllib.loads(FILE.read_text("utf-8"))[kind])


def found(text: str, kind: str, more: Iterable[str] = ()) -> list[str]:
    """The phrases of ``kind`` (and ``more``) that ``text`` holds.

    >>> found("Hurry, we miss you!", "guilt"), found("Hurry, we miss you!", "pressure")
    (['we miss you'], ['hurry'])
    >>> found("Your subscription ends on 4 March.", "guilt")
    []
    """
    low = text.lower().replace("’", "'")
    return [phrase for phrase in (*phrases(kind), *more) if _looked_for(phrase).search(low)]


@lru_cache(maxsize=1024)
def _looked_for(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(phrase)}\b")
