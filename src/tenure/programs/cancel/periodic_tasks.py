"""What workers do regularly for the cancel flow."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs
from tenure.programs.cancel import documents, visits
from tenure.programs.cancel.models import Visit

ABANDON, LOOK_BACK = "cancel.abandon", "cancel.look_back"


def look_at_visits(now: datetime) -> None:
    """Ask for jobs if a visit was left, or one began."""
    if Visit.objects.filter(looked_back=False).exists():
        jobs.enqueue(LOOK_BACK, now=now)
    hours = documents.current().running.open_hours
    if Visit.objects.filter(outcome="", seen_at__lte=now - timedelta(hours=hours)).exists():
        jobs.enqueue(ABANDON, now=now)


def abandon(job: jobs.Running, _now: datetime) -> None:
    """Close visits that were left."""
    done = 0
    while some := visits.abandon(job.clock()):
        done += some
        job.save(done=done)


def look_back(job: jobs.Running, _now: datetime) -> None:
    """See what became of those who were saved."""
    done = 0
    while some := visits.look_back(job.clock()):
        done += some
        job.save(done=done)
