"""What every worker does regularly for the facts: flush, resolve, compact, tidy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from tenure.core import worker
from tenure.facts import batches, ingest_policy

if TYPE_CHECKING:  # the engines are loaded by who does the work, not by every page and command
    from tenure.facts.flush import Flushed, Flusher

_flushers: dict[str, Flusher] = {}
_ME = worker.own_name()
_last: dict[str, datetime] = {}


def _flusher() -> Flusher:
    from tenure.facts import lake
    from tenure.facts.flush import Flusher
    from tenure.facts.routing import ROUTING

    here = lake.current()
    if here.root not in _flushers:
        _flushers[here.root] = Flusher(here, ROUTING, _ME)
    return _flushers[here.root]


def flush(now: datetime) -> list[Flushed]:
    """Bring what waits in the inbox into the lake (unless another process is doing so)."""
    return _flusher().drain(now)


ALSO: list[Callable[[datetime], object]] = []
"""What rooms above this one empty of the inbox themselves, whenever it is to be emptied now."""


def flush_now(now: datetime) -> list[Flushed]:
    """For one-shot commands: the same, and leave the flush to others afterwards."""
    try:
        for act in ALSO:
            act(now)
        done = flush(now)
        _resolve(now)
        return done
    finally:
        _flusher().release()


def resolve_links(now: datetime) -> None:
    """Credit earlier anonymous facts to accounts that have become known."""
    if _due("resolve", now, ingest_policy.load().flush.resolve_every_seconds):
        _resolve(now)


def _resolve(now: datetime) -> None:
    from tenure.facts import lake
    from tenure.facts.resolve import resolve
    from tenure.facts.routing import ROUTING

    resolve(lake.current(), ROUTING, _ME, now)


def compact(now: datetime) -> None:
    """Merge small files of tables that have many."""
    policy = ingest_policy.load().flush
    if not _due("compact", now, policy.compact_every_seconds):
        return
    from tenure.facts import lake

    here = lake.current()
    for table in here.tables():
        if here.small_files(table) >= policy.compact_files:
            here.compact(table, keep_hours=policy.keep_hours)


def _due(what: str, now: datetime, seconds: float) -> bool:
    last = _last.get(what)
    if last is not None and 0 <= (now - last).total_seconds() < seconds:
        return False
    _last[what] = now
    return True


def release() -> None:
    """Let another worker flush and resolve at once: this one ends."""
    batches.release_of(_ME)
