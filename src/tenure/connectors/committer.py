"""Group commit: requests that arrive while one commit runs share the next."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from collections.abc import Callable
from time import monotonic

from django.db import close_old_connections, connections

from tenure.connectors.intake import Answer
from tenure.core import workspace
from tenure.core.database import RETRY_AFTER, UNAVAILABLE
from tenure.facts import inbox, ingest_policy
from tenure.facts.inbox import RawRequest
from tenure.facts.ingest_policy import IngestPolicy

log = logging.getLogger("tenure.ingest")
LOOK_EVERY = 1.0  # seconds between looks at backlog, disk and policy
Waiting = tuple[RawRequest, asyncio.Future[None], asyncio.AbstractEventLoop]


class Committer:
    """One thread that commits what is handed in. ``policy`` and ``closed`` may be read anywhere."""

    def __init__(self, store: Callable[[list[RawRequest]], None] = inbox.store) -> None:
        self.policy: IngestPolicy = ingest_policy.packaged()
        self.closed: Answer | None = None
        self._store = store
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._looked = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True, name="committer")
        self._starting = threading.Lock()

    async def commit(self, letter: RawRequest) -> None:
        """Returns when ``letter`` is durable; Answer (503) when it could not be made so."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self.start()
        self._waiting.put((letter, done, loop))
        await done

    def start(self) -> None:
        """Have the thread run; nothing if it does."""
        if not self._thread.is_alive():
            with self._starting:
                if self._thread.ident is None:
                    self._thread.start()

    def stop(self) -> None:
        """Commit what was handed in so far, then end."""
        if self._thread.ident is not None:
            self._waiting.put(None)
            self._thread.join(timeout=30)

    def look(self) -> None:
        """See whether there is room: in the inbox, and on the disk."""
        self._looked = monotonic()
        try:
            self.policy = ingest_policy.load()
            self.closed = self._full_disk() or self._backlog()
        except Exception as error:
            log.warning("cannot look at the inbox: %s", error)

    def _full_disk(self) -> Answer | None:
        stat = os.statvfs(workspace.current().home)
        free = stat.f_bavail * stat.f_frsize
        return disk_full() if free < self.policy.limits.free_bytes else None

    def _backlog(self) -> Answer | None:
        limits = self.policy.limits
        if inbox.waiting() < limits.backlog_rows:
            return None
        return Answer(
            429,
            "backlog",
            "the inbox is full because no worker empties it: start one with 'tenure worker'",
            limits.backlog_retry_after,
        )

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if group:
                self._commit(group)
            if monotonic() - self._looked > LOOK_EVERY:
                close_old_connections()
                self.look()
        connections.close_all()

    def _next_group(self) -> list[Waiting] | None:
        try:
            first = self._waiting.get(timeout=LOOK_EVERY)
        except queue.Empty:
            return []
        group = [first]
        most = self.policy.limits.group_rows
        while len(group) < most and not self._waiting.empty():
            group.append(self._waiting.get())
        found = [item for item in group if item is not None]
        if len(found) < len(group):
            self._commit(found)
            return None
        return found

    def _commit(self, group: list[Waiting]) -> None:
        if not group:
            return
        failed: Answer | None = None
        try:
            self._store([letter for letter, _, _ in group])
        except Exception as error:
            log.warning("cannot commit %d requests: %s", len(group), error)
            failed = unavailable(error)
            connections.close_all()
        for loop in {loop for _, _, loop in group}:
            loop.call_soon_threadsafe(_tell, [d for _, d, on in group if on is loop], failed)


def _tell(waiting: list[asyncio.Future[None]], failed: Answer | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if failed is None:
            done.set_result(None)
        else:
            done.set_exception(failed)


def disk_full() -> Answer:
    """The answer while there is no room to keep anything."""
    home = workspace.current().home
    return Answer(
        503,
        "disk_full",
        f"the disk of {home} is full: free space there; nothing was kept, send it again later",
        30,
    )


def unavailable(error: Exception) -> Answer:
    """The answer when nothing can be kept now."""
    text = str(error).lower()
    if "disk is full" in text or "no space left" in text or "disk i/o" in text:
        return disk_full()
    return Answer(503, "unavailable", UNAVAILABLE, RETRY_AFTER)
