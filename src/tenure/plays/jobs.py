"""Plays by the clock and after scorings."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
from django.db import transaction

from tenure.core import jobs
from tenure.plays import advance, dry_run, ending, policy, settings, snapshot, triggers
from tenure.plays.models import ACTIVE, ON, DryRunKept, Enrolment, PlaySwitch

ADVANCE, LOOK, DRY_RUN = "plays.advance", "plays.look", "plays.dry_run"


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


def run_advance(job: jobs.Running, _now: datetime) -> None:
    """Advance every enrolment that is due."""
    done = 0
    while some := advance.advance_due(job.clock()):
        done += some
        job.save(done=done)


def run_look(_job: jobs.Running, now: datetime) -> None:
    """Look for triggers of the clock."""
    look(now)


def ask_dry_run(name: str, now: datetime) -> None:
    """Have a play tried on history; the page shows how far it is."""
    version = policy.version(name)
    with transaction.atomic():
        DryRunKept.objects.update_or_create(
            play=name,
            defaults={
                "version": version,
                "asked_at": now,
                "finished_at": None,
                "result": {},
                "error": "",
            },
        )
        jobs.enqueue(DRY_RUN, name, now=now)


def run_dry_run(job: jobs.Running, now: datetime) -> None:
    """Try a play on history."""
    dry_run.keep(job.key, now, lambda done, total: job.save(done=done, total=total))


def every_seconds() -> float:
    """How often a worker asks whether a play is to be advanced, as packaged."""
    return float(settings.packaged().advance_seconds)
