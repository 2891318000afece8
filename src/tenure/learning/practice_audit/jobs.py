"""The audit by the clock: nightly, after scoring, so that the page answers from a kept run."""

from __future__ import annotations

from datetime import datetime

from tenure.core import jobs

AUDIT = "learning.audit"


def audit(job: jobs.Running, now: datetime) -> None:  # noqa: ARG001  (one look, no chunks)
    """Run the audit."""
    from tenure.learning.practice_audit import actions

    actions.run(now)
