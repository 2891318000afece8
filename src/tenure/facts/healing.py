"""What state has missed of the facts: found, counted, and healed.

State (accounts, cases, tasks, enrolments) follows the facts through handlers. Should one have been
missed (a fault of ours, a state restored from an older backup than the lake), nothing would ever
tell again. So every slice that hears of facts also declares a *sweep*: it compares its state with
what the lake says and brings it in step. Sweeps run once a night, and when a worker starts.

A sweep is ``sweep(ask) -> int``: how many things differ (and were healed, if ``ask.heal``).
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import pyarrow as pa
from django.db.models import Max

from tenure.analytics.moments import micros
from tenure.analytics.tables import EVENTS
from tenure.core import jobs
from tenure.core.models import Job
from tenure.facts import reading
from tenure.facts.casts import literal

KIND = "facts.heal"
log = logging.getLogger("tenure.healing")


@cache
def settings() -> dict[str, float]:
    """The numbers of ``healing.toml``."""
    return tomllib.loads(files("tenure.facts").joinpath("healing.toml").read_text("utf-8"))


@dataclass(frozen=True)
class SweepScope:
    """What is asked of a sweep: facts received from ``since`` on (None: all there are)."""

    now: datetime
    since: datetime | None = None
    heal: bool = True

    def recent(self) -> datetime:
        """From when on events are looked at."""
        first = self.now - timedelta(days=settings()["recent_days"])
        return max(first, self.since) if self.since else first


def own_events(event: str, ask: SweepScope) -> pa.Table:
    """What Tenure itself told lately under this name, as handlers get it."""
    columns = ", ".join(
        f"make_timestamptz({c.name}) AS {c.name}" if c.kind == "timestamp" else c.name
        for c in EVENTS.all_columns()
    )
    query = (
        f"SELECT {columns} FROM raw_events WHERE event = {literal(event)}"
        f" AND received_at >= {micros(ask.recent())} ORDER BY timestamp, message_id"
    )
    return reading.latest(query, ask.now, "events", since=ask.recent())


Sweep = Callable[[SweepScope], int]
SWEEPS: dict[str, Sweep] = {}
"""By name of the slice, in the order in which slices hear of facts."""


def sweep(ask: SweepScope) -> dict[str, int]:
    """Ask every sweep; gives how much each found. One that fails does not hold up the others: it is
    raised in the end."""
    found: dict[str, int] = {}
    failed: Exception | None = None
    for name, one in SWEEPS.items():
        try:
            found[name] = one(ask)
        except Exception as error:
            if not ask.heal:
                raise
            log.exception("the sweep of %s failed", name)
            failed = error
    if failed is not None:
        raise failed
    return found


def run(job: jobs.Running, now: datetime) -> None:
    """The job: compare, heal, and say what was found."""
    since = job.payload.get("since")
    found = sweep(SweepScope(now, datetime.fromisoformat(since) if since else None))
    if any(found.values()):
        told = ", ".join(f"{name} {number}" for name, number in found.items() if number)
        log.warning("state had missed facts and was healed: %s", told)


_started: set[int] = set()


def at_start(now: datetime) -> None:
    """Once in the life of a worker: ask for a comparison of what came since the last one."""
    if _started:
        return
    _started.add(1)
    last = Job.objects.filter(kind=KIND, state="done").aggregate(at=Max("created_at"))["at"]
    if last is None:
        jobs.enqueue(KIND, now=now)
        return
    if abs(now - last) >= timedelta(hours=settings()["start_pause_hours"]):
        since = min(last, now) - timedelta(hours=settings()["margin_hours"])
        jobs.enqueue(KIND, "start", {"since": since.isoformat()}, now=now)
