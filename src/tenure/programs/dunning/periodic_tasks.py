"""What workers do regularly for dunning."""

from __future__ import annotations

from datetime import datetime

from tenure.core import jobs
from tenure.programs.dunning import actions, documents, pre_dunning_mails

ADVANCE, AHEAD = "dunning.advance", "dunning.ahead"


def tick(now: datetime) -> None:
    """Ask for a job if something is due; several workers share one."""
    if actions.waiting(now).exists() and documents.current().running.on:
        jobs.enqueue(ADVANCE, now=now)


def advance(job: jobs.Running, _now: datetime) -> None:
    """Do what is due in every case."""
    done = 0
    while some := actions.advance(job.clock()):
        done += some
        job.save(done=done)


def say_ahead(_job: jobs.Running, now: datetime) -> None:
    """Tell of cards that expire and bills that come."""
    pre_dunning_mails.say(now)
