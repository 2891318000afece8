"""Moments and days as whole numbers, so that every engine agrees on them to the microsecond.

Inside compiled queries a moment is microseconds since 1970 (UTC) and a day is days since 1970.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.date()


def micros(moment: datetime) -> int:
    """Microseconds since 1970; a moment without a zone is refused.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC))
    86400000000
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: pass a moment in UTC")
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The moment ``value`` microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def ceil_day(at: datetime) -> int:
    """The first day (since 1970) that begins at or after the moment: where windows end.

    >>> ceil_day(datetime(1970, 1, 3, tzinfo=UTC)), ceil_day(datetime(1970, 1, 3, 8, tzinfo=UTC))
    (2, 3)
    """
    return -(-micros(at) // DAY_US)


def last_day(at: datetime) -> date:
    """The day of the last microsecond before the moment: nothing known by then arrived later.

    >>> last_day(datetime(1970, 1, 3, tzinfo=UTC))
    datetime.date(1970, 1, 2)
    """
    return day_of((micros(at) - 1) // DAY_US)


def day_number(day: date) -> int:
    """Days since 1970.

    >>> day_number(date(1970, 1, 31))
    30
    """
    return (day - EPOCH_DAY).days


def day_of(number: int) -> date:
    """The date ``number`` days after 1970."""
    return EPOCH_DAY + timedelta(days=number)


def months_on(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of that month.

    >>> months_on(datetime(2026, 11, 30, tzinfo=UTC), 3).date().isoformat()
    '2027-02-28'
    """
    number = moment.month - 1 + months
    year, month = moment.year + number // 12, number % 12 + 1
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month)
