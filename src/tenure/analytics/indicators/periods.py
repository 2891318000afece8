"""Days, ISO weeks (from Monday), months and quarters, all in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tenure.analytics.indicators.policy import Cadence

_MONTHS = {"monthly": 1, "quarterly": 3}


def start_of(cadence: Cadence, day: date) -> date:
    """First day of the period that ``day`` is in.

    >>> [str(start_of(c, date(2026, 3, 5))) for c in ("daily", "weekly", "monthly", "quarterly")]
    ['2026-03-05', '2026-03-02', '2026-03-01', '2026-01-01']
    """
    if cadence == "daily":
        return day
    if cadence == "weekly":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[cadence]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def shifted(cadence: Cadence, start: date, by: int) -> date:
    """The period ``by`` periods after the one that starts at ``start``.

    >>> str(shifted("monthly", date(2026, 1, 1), -1)), str(shifted("weekly", date(2026, 3, 2), 1))
    ('2025-12-01', '2026-03-09')
    """
    if cadence in ("daily", "weekly"):
        return start + timedelta(days=by * (1 if cadence == "daily" else 7))
    month = start.year * 12 + start.month - 1 + by * _MONTHS[cadence]
    return date(month // 12, month % 12 + 1, 1)


def midnight(day: date) -> datetime:
    """The moment ``day`` begins."""
    return datetime.combine(day, time(), UTC)


def end_of(cadence: Cadence, start: date) -> datetime:
    """The moment the period is over."""
    return midnight(shifted(cadence, start, 1))


def due(cadence: Cadence, now: datetime, grace: timedelta, most: int) -> list[date]:
    """Starts of the last ``most`` periods whose end and grace have passed, oldest first.

    >>> monday = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    >>> [str(d) for d in due("daily", monday, timedelta(hours=1), 2)]
    ['2026-02-27', '2026-02-28']
    """
    last = start_of(cadence, now.date())
    while end_of(cadence, last) + grace > now:
        last = shifted(cadence, last, -1)
    return [shifted(cadence, last, back) for back in range(1 - most, 1)]
