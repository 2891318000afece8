"""Indicators in words: figures with their unit, and what an alert says."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from tenure.accounts import segments
from tenure.analytics.indicators.policy import Cadence, Indicator


class Judged(Protocol):
    """A figure with what was expected of it."""

    start: date
    value: float | None
    expected: float | None
    low: float | None
    high: float | None


_UNITS = {"people": "", "tickets": "", "hours": " h", "points": ""}


def shown(value: float | None, unit: str) -> str:
    """A figure as people read it.

    >>> shown(1234.0, "people"), shown(0.256, "share"), shown(7.25, "hours"), shown(None, "share")
    ('1,234', '25.6 %', '7.2 h', '–')
    """
    if value is None:
        return "–"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit in ("people", "tickets"):
        return f"{value:,.0f}"
    digits = 2 if unit == "points" and abs(value) < 2 else 1
    return f"{value:,.{digits}f}{_UNITS[unit]}"


def period(cadence: Cadence, start: date) -> str:
    """A period by name.

    >>> period("weekly", date(2026, 3, 2)), period("monthly", date(2026, 3, 1))
    ('week of 2 March 2026', 'March 2026')
    >>> period("quarterly", date(2026, 4, 1)), period("daily", date(2026, 3, 2))
    ('quarter 2 of 2026', 'Monday 2 March 2026')
    """
    if cadence == "daily":
        return f"{start:%A %-d %B %Y}"
    if cadence == "weekly":
        return f"week of {start:%-d %B %Y}"
    if cadence == "monthly":
        return f"{start:%B %Y}"
    return f"quarter {(start.month + 2) // 3} of {start.year}"


def title(of: Indicator, segment: str) -> str:
    """What an alert is called."""
    way = "lower" if of.better == "up" else "higher"
    where = f" ({segments.titles().get(segment, segment)})" if segment else ""
    return f"{of.title}{where}: {way} than expected"


def says(of: Indicator, row: Judged) -> str:
    """What an alert says of its newest figure."""
    edge = row.low if of.better == "up" else row.high
    bound = "at least" if of.better == "up" else "at most"
    return (
        f"{shown(row.value, of.unit)} in the {period(of.cadence, row.start)}; expected "
        f"{shown(row.expected, of.unit)}, {bound} {shown(edge, of.unit)}."
        if of.cadence != "daily"
        else f"{shown(row.value, of.unit)} on {period(of.cadence, row.start)}; expected "
        f"{shown(row.expected, of.unit)}, {bound} {shown(edge, of.unit)}."
    )
