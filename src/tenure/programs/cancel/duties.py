"""What workers do regularly for the cancel flow."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule
from tenure.programs.cancel import carrying, documents, visits
from tenure.programs.cancel.models import Visit

CARRY, ABANDON, LOOK_BACK = "cancel.carry_out", "cancel.abandon", "cancel.look_back"
EVERY_SECONDS = 20.0
_MINUTES = 300.0


def tick(now: datetime) -> None:
    """Ask for a job if something waits for billing; several workers share one."""
    if carrying.due(now):
        jobs.enqueue(CARRY, now=now)


def look_at_visits(now: datetime) -> None:
    """Ask for jobs if a visit was left, or one began."""
    if Visit.objects.filter(looked_back=False).exists():
        jobs.enqueue(LOOK_BACK, now=now)
    hours = documents.current().running.open_hours
    if Visit.objects.filter(outcome="", seen_at__lte=now - timedelta(hours=hours)).exists():
        jobs.enqueue(ABANDON, now=now)


def _carry(job: jobs.Running, _now: datetime) -> None:
    done = 0
    while some := carrying.carry_out(job.clock()):
        done += some
        job.save(done=done)


def _abandon(job: jobs.Running, _now: datetime) -> None:
    done = 0
    while some := visits.abandon(job.clock()):
        done += some
        job.save(done=done)


def _look_back(job: jobs.Running, _now: datetime) -> None:
    done = 0
    while some := visits.look_back(job.clock()):
        done += some
        job.save(done=done)


def register() -> None:
    """Name the jobs and their rhythm."""
    jobs.register(CARRY, _carry)
    jobs.register(ABANDON, _abandon)
    jobs.register(LOOK_BACK, _look_back)
    schedule.duty("cancel_carry_out", EVERY_SECONDS, tick)
    schedule.duty("cancel_visits", _MINUTES, look_at_visits)
