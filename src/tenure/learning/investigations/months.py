"""Calendar months in UTC. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MONTH = re.compile(r"(\d{4})-(\d{2})")


def parse(text: str) -> date | None:
    """The first day of a month written ``2026-03``; None if it is none.

    >>> parse("2026-03"), parse("2026-13"), parse("")
    (datetime.date(2026, 3, 1), None, None)
    """
    found = _MONTH.fullmatch(text.strip())
    if found is None or not 1 <= int(found[2]) <= 12 or not int(found[1]):
        return None
    return date(int(found[1]), int(found[2]), 1)


def step(month: date, by: int) -> date:
    """The month so many months later.

    >>> step(date(2026, 1, 1), -1), step(date(2026, 12, 1), 1)
    (datetime.date(2025, 12, 1), datetime.date(2027, 1, 1))
    """
    count = month.year * 12 + month.month - 1 + by
    return date(count // 12, count % 12 + 1, 1)


def bounds(month: date) -> tuple[datetime, datetime]:
    """Its beginning, and that of the next."""
    after = step(month, 1)
    return (
        datetime(month.year, month.month, 1, tzinfo=UTC),
        datetime(after.year, after.month, 1, tzinfo=UTC),
    )


def of(moment: datetime) -> date:
    """The month of a moment in UTC."""
    return of_day(moment.astimezone(UTC).date())


def of_day(day: date) -> date:
    """The month of a day.

    >>> of_day(date(2026, 5, 17))
    datetime.date(2026, 5, 1)
    """
    return date(day.year, day.month, 1)
