"""What workers do regularly for dunning."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import jobs, schedule
from tenure.facts.routing import ROUTING
from tenure.programs.dunning import actions, ahead_acting, documents

ADVANCE, AHEAD = "dunning.advance", "dunning.ahead"
DAILY, AHEAD_AT = timedelta(days=1), timedelta(hours=6)
EVERY_SECONDS = 60.0
_TOLD = {
    "invoices": "tenure.programs.dunning.cases.told",
    "payments": "tenure.programs.dunning.cases.told",
    "cards": "tenure.programs.dunning.cases.card_told",
}


def tick(now: datetime) -> None:
    """Ask for a job if something is due; several workers share one."""
    if actions.waiting(now).exists() and documents.current().running.on:
        jobs.enqueue(ADVANCE, now=now)


def _advance(job: jobs.Running, _now: datetime) -> None:
    done = 0
    while some := actions.advance(job.clock()):
        done += some
        job.save(done=done)


def _say_ahead(_job: jobs.Running, now: datetime) -> None:
    ahead_acting.say(now)


def register() -> None:
    """Name the job, its rhythm, and what is told of new facts."""
    jobs.register(ADVANCE, _advance)
    jobs.register(AHEAD, _say_ahead)
    schedule.every(AHEAD, DAILY, AHEAD_AT)
    schedule.duty("dunning", EVERY_SECONDS, tick)
    for table, name in _TOLD.items():
        told = ROUTING.handlers.setdefault(table, [])
        if name not in told:
            told.append(name)
