"""The audit trail in words a person reads; the trail itself keeps the short names."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_NOTHING = "–"
_MOST = 300


@cache
def actions() -> dict[str, str]:
    """What each action is called, before the name of what it was done to."""
    text = files("tenure.core").joinpath("audit_words.toml").read_text("utf-8")
    found: dict[str, str] = tomllib.loads(text)["actions"]
    return found


def action(name: str) -> str:
    """An action in words; one without words of its own by its name.

    >>> action("team.role"), action("rocket.launched")
    ('Changed the role of', 'Rocket launched:')
    """
    return actions().get(name) or f"{key(name)}:"


def key(name: str) -> str:
    """A key of what changed, as words.

    >>> key("is_active"), key("mrr_minor")
    ('Is active', 'Mrr minor')
    """
    words = name.replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def value(given: Any) -> str:
    """A value of what changed, as words.

    >>> value(True), value(["a", "b"]), value({"min_days": 3}), value(None), value("")
    ('yes', 'a, b', 'min days 3', '–', '–')
    """
    if given is None or given in ("", [], {}):
        return _NOTHING
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, dict):
        text = ", ".join(f"{k.replace('_', ' ')} {value(v)}" for k, v in given.items())
    elif isinstance(given, list):
        text = ", ".join(map(value, given))
    else:
        text = str(given)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
