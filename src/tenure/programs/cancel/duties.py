"""What workers do regularly for the cancel flow."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule
from tenure.programs.cancel import carrying, documents, visits
from tenure.programs.cancel.models import Visit

CARRY, ABANDON = "cancel.carry_out", "cancel.abandon"
EVERY_SECONDS = 20.0
_MINUTES = 300.0


def tick(now: datetime) -> None:
    """Ask for a job if something waits for billing; several workers share one."""
    if carrying.due(now):
        jobs.enqueue(CARRY, now=now)


def look_for_abandoned(now: datetime) -> None:
    """Ask for a job if a visit was left."""
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


def register() -> None:
    """Name the jobs and their rhythm."""
    jobs.register(CARRY, _carry)
    jobs.register(ABANDON, _abandon)
    schedule.duty("cancel_carry_out", EVERY_SECONDS, tick)
    schedule.duty("cancel_abandon", _MINUTES, look_for_abandoned)
