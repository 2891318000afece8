"""What workers do regularly for billing: ask for what is due."""

from __future__ import annotations

from datetime import datetime

from tenure.connectors.billing import outbox
from tenure.core import jobs

KIND = "billing.carry_out"


def tick(now: datetime) -> None:
    """Ask for a job if something waits; several workers share one."""
    if outbox.due(now):
        jobs.enqueue(KIND, now=now)


def carry_out(job: jobs.Running, _now: datetime) -> None:
    """Ask billing for everything that is due."""
    done = 0
    while some := outbox.carry_out(job.clock, job.stopping):
        done += some
        job.save(done=done)


def every_seconds() -> float:
    """How often a worker looks for acts that are due."""
    return float(outbox.settings()["every_seconds"])
