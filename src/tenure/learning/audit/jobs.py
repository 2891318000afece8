"""The audit by the clock: nightly, after scoring, so that the page answers from a kept run."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule

AUDIT = "learning.audit"
DAILY, AUDIT_AT = timedelta(days=1), timedelta(hours=4)


def register() -> None:
    """Name the handler and its rhythm."""
    jobs.register(AUDIT, _audit)
    schedule.every(AUDIT, DAILY, AUDIT_AT)


def _audit(job: jobs.Running, now: datetime) -> None:  # noqa: ARG001  (one look, no chunks)
    from tenure.learning.audit import actions

    actions.run(now)
