"""What workers do regularly: look for accounts that left, each night after scoring, and ask."""

from __future__ import annotations

from datetime import datetime

from tenure.core import jobs

STUDY = "learning.study_churn"


def study(job: jobs.Running, now: datetime) -> None:
    """Study every account that left."""
    from tenure.learning.investigations import actions, interviews, reviewing

    done = 0
    for opened in actions.study_in_chunks(now):
        done += opened
        job.save(done=done)
    reviewing.keep_due(job.clock())
    while interviews.ask_due(job.clock()):
        job.save()
