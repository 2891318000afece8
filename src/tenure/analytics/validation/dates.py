"""On which days a backtest scores."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tenure.analytics.validation.policy import ValidationPolicy


def backtest_dates(start: datetime, end: datetime, policy: ValidationPolicy) -> list[datetime]:
    """Firsts of months from ``start`` on, so that the shortest horizon still ends by ``end``.

    Where months give fewer than ``min_dates``, weeks counted back from the last possible day. At
    most ``max_dates``, the latest.

    >>> from tenure.analytics.validation.policy import default_validation
    >>> days = backtest_dates(datetime(2024, 1, 15, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC),
    ...                       default_validation())
    >>> [d.date().isoformat() for d in days][:2], len(days)
    (['2024-02-01', '2024-03-01'], 7)
    """
    last = end - timedelta(days=min(policy.horizons))
    found = [d for d in _months(start, last, policy.step_months) if start <= d <= last]
    if len(found) < policy.min_dates:
        weeks = max((last - start).days // 7 + 1, 0)
        top = datetime(last.year, last.month, last.day, tzinfo=UTC)
        found = [top - timedelta(days=7 * n) for n in reversed(range(weeks))]
        found = [d for d in found if d >= start]
    return found[-policy.max_dates :]


def _months(start: datetime, last: datetime, step: int) -> list[datetime]:
    day, found = date(start.year, start.month, 1), []
    while datetime(day.year, day.month, 1, tzinfo=UTC) <= last:
        found.append(datetime(day.year, day.month, 1, tzinfo=UTC))
        month = day.month - 1 + step
        day = date(day.year + month // 12, month % 12 + 1, 1)
    return found
