"""A worker process: one thread for small regular duties, one for jobs, one that shows life."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from django.db import close_old_connections, connections
from django.db.utils import DatabaseError

from tenure.core import jobs, schedule

log = logging.getLogger("tenure.worker")


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def own_name() -> str:
    """A name no other worker has, now or later."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Worker:
    """Runs until ``stop`` is set; a job in hand is then finished or left to its lease."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.name = own_name()
        self.clock = clock
        self.stop = threading.Event()
        self._in_hand: jobs.Running | None = None

    def run(self) -> None:
        """Work in this thread until told to stop."""
        threads = [
            threading.Thread(target=self._loop, args=(step,), daemon=True, name=step.__name__)
            for step in (self._duties(), self._show_life)
        ]
        for thread in threads:
            thread.start()
        self._loop(self._job)
        for thread in threads:
            thread.join(timeout=10)

    def _loop(self, step: Callable[[], float]) -> None:
        pause = 0.0
        while not self.stop.wait(pause):
            try:
                close_old_connections()
                pause = step()
            except (DatabaseError, OSError) as error:
                log.warning("%s; trying again in 5 s", error)
                pause = 5.0
            except Exception:
                log.exception("unexpected; trying again in 5 s")
                pause = 5.0
        connections.close_all()

    def _duties(self) -> Callable[[], float]:
        due: dict[str, float] = {}

        def duties() -> float:
            for duty in list(schedule.duties.values()):
                if monotonic() >= due.get(duty.name, 0.0) and not self.stop.is_set():
                    due[duty.name] = monotonic() + duty.seconds
                    duty.act(self.clock())
            return max(0.05, min(due.values(), default=1.0) - monotonic())

        return duties

    def _job(self) -> float:
        schedule.enqueue_due(self.clock())
        self._in_hand = jobs.claim(self.name, self.clock)
        if self._in_hand is None:
            return jobs.settings()["poll"]
        try:
            jobs.run(self._in_hand)
        finally:
            self._in_hand = None
        return 0.0

    def _show_life(self) -> float:
        job = self._in_hand
        if job is not None:
            try:
                job.save()
            except jobs.LeaseLost as lost:
                log.warning("%s", lost)
        return jobs.settings()["lease"] / 4
