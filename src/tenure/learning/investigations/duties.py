"""What workers do regularly: look for accounts that left, each night after scoring, and ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule

STUDY = "learning.study_churn"
DAILY, STUDY_AT = timedelta(days=1), timedelta(hours=3, minutes=20)


def register() -> None:
    """Name the job and its rhythm."""
    jobs.register(STUDY, _study)
    schedule.every(STUDY, DAILY, STUDY_AT)


def _study(job: jobs.Running, now: datetime) -> None:
    from tenure.learning.investigations import actions, interviews, reviewing

    done = 0
    for opened in actions.study_in_chunks(now):
        done += opened
        job.save(done=done)
    reviewing.keep_due(job.clock())
    while interviews.ask_due(job.clock()):
        job.save()
