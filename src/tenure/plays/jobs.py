"""Plays by the clock and after scorings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from tenure.core import jobs, schedule
from tenure.plays import advance, ending, numbers, snapshot, triggers
from tenure.plays.models import ACTIVE, ON, Enrolment, PlaySwitch

ADVANCE, LOOK = "plays.advance", "plays.look"
LOOK_EVERY = timedelta(minutes=15)


def after_scoring(everyone: pa.Table, as_of: datetime, now: datetime) -> None:
    """A scoring is done: keep what it saw; who leaves, who reached the goal, who comes in."""
    snapshot.write(everyone, as_of)
    ending.after_scoring(everyone, as_of, now)
    triggers.after_scoring(everyone, as_of, now)


def look(now: datetime) -> None:
    """Dates, silences, absences; goals that are events."""
    triggers.by_the_clock(now)
    ending.by_the_clock(now)


def tick(now: datetime) -> None:
    """Ask for a job if somebody in a running play is due; several workers share one job."""
    on = PlaySwitch.objects.filter(state=ON).values("play")
    if Enrolment.objects.filter(state=ACTIVE, due_at__lte=now, play__in=on).exists():
        jobs.enqueue(ADVANCE, now=now)


def _advance(job: jobs.Running, _now: datetime) -> None:
    done = 0
    while some := advance.advance_due(job.clock()):
        done += some
        job.save(done=done)


def _look(_job: jobs.Running, now: datetime) -> None:
    look(now)


def register() -> None:
    """Name the handlers and their rhythm."""
    jobs.register(ADVANCE, _advance)
    jobs.register(LOOK, _look)
    schedule.every(LOOK, LOOK_EVERY)
    schedule.duty("plays", float(numbers.packaged().advance_seconds), tick)
