"""Jobs: work done once, by the worker that holds its lease, and taken up again if that one dies.

A handler is ``handler(job, now)``. Long ones work in chunks: inside the chunk's own transaction
they call ``job.save(checkpoint)``, which raises LeaseLost (undoing the chunk) if another worker
has taken over meanwhile, and Stopping if this one is told to end; after a crash or a stop
``job.checkpoint`` says where to go on. What was asked wrongly raises Hopeless: it is not tried
again.
"""

from __future__ import annotations

import tomllib
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from tenure.core import leases
from tenure.core.leases import LeaseLost
from tenure.core.models import Job

Handler = Callable[["Running", datetime], None]
Clock = Callable[[], datetime]
OPEN = ("ready", "running")

_handlers: dict[str, Handler] = {}


class Stopping(Exception):  # noqa: N818 - it is no error of anybody
    """The worker ends: what is left of the job is for another one, from its checkpoint on."""


class Hopeless(Exception):  # noqa: N818 - it says what is wrong with what was asked
    """The job cannot be done as it was asked, now or later: it fails at once, with these words."""


@cache
def settings() -> dict[str, float]:
    """The numbers of ``jobs.toml``."""
    return tomllib.loads(files("tenure.core").joinpath("jobs.toml").read_text("utf-8"))


def register(kind: str, handler: Handler) -> None:
    """Name the function that does jobs of ``kind``; it must bear to be run again."""
    _handlers[kind] = handler


@dataclass
class Running:
    """A job in progress. ``save`` marks progress and proves that the lease still holds."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    checkpoint: Mapping[str, Any]
    owner: str
    clock: Clock = field(repr=False)
    stopping: Callable[[], bool] = field(default=lambda: False, repr=False)

    def save(
        self,
        checkpoint: Mapping[str, Any] | None = None,
        done: int | None = None,
        total: int | None = None,
    ) -> None:
        """Keep ``checkpoint`` and progress, and renew the lease. LeaseLost if it is not ours,
        Stopping if the worker ends."""
        if self.stopping():
            raise Stopping
        changes: dict[str, Any] = {}
        if checkpoint is not None:
            changes["checkpoint"] = self.checkpoint = dict(checkpoint)
        if done is not None:
            changes["progress_done"] = done
        if total is not None:
            changes["progress_total"] = total
        self.renew(**changes)

    def renew(self, **changes: Any) -> None:
        """Show life, and write ``changes`` down. LeaseLost if the job is not ours any more."""
        until = self.clock() + _seconds("lease")
        if not self._mine().update(lease_until=until, **changes):
            raise LeaseLost(f"job {self.id} ({self.kind}) was taken over by another worker")

    def _mine(self) -> Any:
        return Job.objects.filter(pk=self.id, state="running", lease_owner=self.owner)


def _seconds(name: str) -> timedelta:
    return timedelta(seconds=settings()[name])


def enqueue(
    kind: str,
    key: str = "",
    payload: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    run_at: datetime | None = None,
) -> Job:
    """Ask for a job in the current transaction; the open one of this kind and key, if there is."""
    new = Job(kind=kind, key=key, payload=dict(payload or {}), run_at=run_at or now, created_at=now)
    try:
        with transaction.atomic():
            new.save(force_insert=True)
            return new
    except IntegrityError:
        existing = Job.objects.filter(kind=kind, key=key, state__in=OPEN).first()
        return existing or enqueue(kind, key, payload, now=now, run_at=run_at)


def claim(owner: str, clock: Clock, stopping: Callable[[], bool] = lambda: False) -> Running | None:
    """Take the next job that is due, or whose worker has shown no life; None if there is none."""
    now = clock()
    waiting = Job.objects.filter(_due(now), kind__in=list(_handlers))
    if not waiting.exists():
        return None
    with transaction.atomic():
        job = waiting.select_for_update(skip_locked=True).order_by("run_at", "pk").first()
        if job is None:
            return None
        job.state, job.lease_owner, job.lease_until = "running", owner, now + _seconds("lease")
        job.attempts += 1
        job.save(update_fields=["state", "lease_owner", "lease_until", "attempts"])
    return Running(job.pk, job.kind, job.key, job.payload, job.checkpoint, owner, clock, stopping)


def _due(now: datetime) -> Q:
    """Jobs whose time has come, also where it was set by a clock that ran ahead."""
    ahead = now + leases.skew()
    at_once = Q(run_at=F("created_at"), created_at__gt=ahead)
    retry = Q(attempts__gt=0, run_at__gt=ahead + _seconds("backoff_most"))
    left = Q(state="running") & leases.free(now, _seconds("lease"))
    return Q(state="ready") & (Q(run_at__lte=now) | at_once | retry) | left


def run(job: Running) -> bool:
    """Do one claimed job and write down how it went; True if it was done."""
    try:
        _handlers[job.kind](job, job.clock())
    except LeaseLost:
        return False
    except Stopping:
        _put_back(job)
        return False
    except Hopeless as error:
        job._mine().update(state="failed", finished_at=job.clock(), error=str(error))
        return False
    except Exception:
        _failed(job, traceback.format_exc())
        return False
    return bool(job._mine().update(state="done", finished_at=job.clock(), error=""))


def _put_back(job: Running) -> None:
    """Another worker goes on at once; nothing failed, so nothing counts as tried."""
    job._mine().update(
        state="ready",
        run_at=job.clock(),
        lease_owner="",
        lease_until=None,
        attempts=F("attempts") - 1,
    )


def _failed(job: Running, error: str) -> None:
    now = job.clock()
    attempts = Job.objects.values_list("attempts", flat=True).get(pk=job.id)
    if attempts >= settings()["attempts"]:
        job._mine().update(state="failed", finished_at=now, error=error)
    else:
        job._mine().update(state="ready", run_at=now + retry_after(attempts), error=error)


def retry_after(attempts: int) -> timedelta:
    """How long to wait after the given number of failed attempts.

    >>> [int(retry_after(n).total_seconds()) for n in (1, 2, 3, 20)]
    [10, 20, 40, 3600]
    """
    numbers = settings()
    return timedelta(
        seconds=min(numbers["backoff_most"], numbers["backoff"] * 2.0 ** (attempts - 1))
    )


def run_all(owner: str, clock: Clock) -> int:
    """Do every job that is due now, in this thread; gives how many were done."""
    done = 0
    while (job := claim(owner, clock)) is not None:
        done += run(job)
    return done


def prune(now: datetime) -> int:
    """Forget finished jobs older than ``keep_days``; gives how many."""
    before = now - timedelta(days=settings()["keep_days"])
    return Job.objects.filter(finished_at__lt=before).delete()[0]
