"""Indicators by the clock: nightly, after the scoring."""

from __future__ import annotations

from datetime import datetime

from tenure.core import jobs

COUNT = "indicators.count"
"""After the grace of the day before; the scoring of the night has mostly been done by then."""


def count(job: jobs.Running, now: datetime) -> None:
    """Count every indicator."""
    from tenure.metrics.indicators import actions

    actions.run(now, lambda done, total: job.save(done=done, total=total))
