"""Indicators by the clock: nightly, after the scoring."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule

COUNT = "indicators.count"
DAILY, COUNT_AT = timedelta(days=1), timedelta(hours=1, minutes=15)
"""After the grace of the day before; the scoring of the night has mostly been done by then."""


def register() -> None:
    """Name the handler and its rhythm."""
    jobs.register(COUNT, _count)
    schedule.every(COUNT, DAILY, COUNT_AT)


def _count(job: jobs.Running, now: datetime) -> None:
    from tenure.metrics.indicators import actions

    actions.run(now, lambda done, total: job.save(done=done, total=total))
