"""Why somebody came into a play, in words: what was so then, as people call it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tenure.analytics.signals.registry import Registry
from tenure.health import policy as health

_NOUNS = {"days": "day", "minutes": "minute"}


def told(why: Mapping[str, Any], order: Iterable[str] = ()) -> str:
    """The facts of an entry, one after the other, in the ``order`` in which a rule names them (not
    every database keeps that of JSON)."""
    registry, place = health.registry(), {name: n for n, name in enumerate(order)}
    names = sorted(why, key=lambda name: place.get(name, len(place)))
    return "; ".join(_one(name, why[name], registry) for name in names)


def _one(name: str, value: Any, registry: Registry) -> str:
    spec = registry.signals.get(name)
    title = spec.title if spec else name.replace("_", " ").capitalize()
    kind = getattr(spec, "kind", "") if spec else ""
    return f"{title}: {written(value, spec.unit if spec else '', kind)}"


def written(value: Any, unit: str, kind: str = "") -> str:
    """A value with its unit; a ``kind`` of change is written as signed per cent.

    >>> written(16.0, "days"), written(1, "days"), written(0.25, "share")
    ('16 days', '1 day', '25 %')
    >>> written(-0.5, "ratio", "change"), written(True, "flag"), written("at_risk", "")
    ('−50 %', 'yes', 'at risk')
    >>> written("2026-03-02T09:00:00+00:00", "")
    '2 March 2026'
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _text(value)
    if not isinstance(value, int | float):
        return str(value)
    if kind == "change":
        return _minus(f"{100 * value:+.0f} %")
    if unit == "share":
        return _minus(f"{100 * value:.0f} %")
    if unit == "flag":
        return "yes" if value else "no"
    number = _minus(f"{value:,.1f}".removesuffix(".0"))
    noun = _NOUNS.get(unit, "")
    return f"{number} {noun}{'' if value == 1 else 's'}" if noun else number


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _text(value: str) -> str:
    try:
        return f"{datetime.fromisoformat(value):%-d %B %Y}" if "-" in value else _words(value)
    except ValueError:
        return _words(value)


def _words(value: str) -> str:
    return value.replace("_", " ")
