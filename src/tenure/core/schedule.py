"""What is done regularly: jobs by the clock, and small duties that every worker ticks through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tenure.core import jobs
from tenure.core.models import Job

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Duty:
    """A function every worker calls each ``seconds``; it guards itself against others doing so."""

    name: str
    seconds: float
    act: Callable[[datetime], object]


@dataclass(frozen=True)
class Periodic:
    """A job of ``kind`` once in each period, ``offset`` after its start (periods count from the
    UTC midnight of 1970-01-01)."""

    kind: str
    period: timedelta
    offset: timedelta = timedelta()

    def slot(self, now: datetime) -> datetime:
        """When the period that ``now`` is in began to be due."""
        passed = (now - EPOCH - self.offset) // self.period
        return EPOCH + self.offset + passed * self.period


duties: dict[str, Duty] = {}
periodics: dict[str, Periodic] = {}


def duty(name: str, seconds: float, act: Callable[[datetime], object]) -> None:
    """Have every worker call ``act(now)`` each ``seconds``."""
    duties[name] = Duty(name, seconds, act)


def every(kind: str, period: timedelta, offset: timedelta = timedelta()) -> None:
    """Enqueue a job of ``kind`` once a period, however many workers there are."""
    periodics[kind] = Periodic(kind, period, offset)


def enqueue_due(now: datetime) -> list[str]:
    """Enqueue the jobs whose period has begun without one; gives their kinds."""
    began = []
    for entry in periodics.values():
        slot = entry.slot(now)
        # Not simply "since": what a clock that ran ahead began is for a period to come.
        here = Job.objects.filter(kind=entry.kind, key="", created_at__gte=slot)
        if not here.filter(created_at__lt=slot + entry.period).exists():
            jobs.enqueue(entry.kind, now=now)
            began.append(entry.kind)
    return began
