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

from tenure.core import jobs, leases, schedule

log = logging.getLogger("tenure.worker")


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


def own_name() -> str:
    """A name no other worker has, now or later."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Worker:
    """Runs until ``stop`` is set; a job in progress is then finished, or put back at its next
    checkpoint, and every lease is released."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.name = own_name()
        self.clock = clock
        self.stop = threading.Event()
        self._done = threading.Event()
        self._running: jobs.Running | None = None

    def run(self) -> None:
        """Work in this thread until told to stop."""
        threads = [
            threading.Thread(target=self._loop, args=args, daemon=True, name=args[0].__name__)
            for args in ((self._duties(), self.stop), (self._show_life, self._done))
        ]
        for thread in threads:
            thread.start()
        try:
            self._loop(self._job, self.stop)
        finally:
            self._done.set()  # only now: a job that takes its time to end is still ours
        for thread in threads:
            thread.join(timeout=10)
        if not any(thread.is_alive() for thread in threads):
            self._release()

    def _release(self) -> None:
        try:
            leases.release_all()
        except (DatabaseError, OSError) as error:
            log.warning("%s; what this worker held is free when its leases run out", error)
        finally:
            connections.close_all()

    def _loop(self, step: Callable[[], float], ended: threading.Event) -> None:
        pause = 0.0
        while not ended.wait(pause):
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
        self._running = jobs.claim(self.name, self.clock, self.stop.is_set)
        if self._running is None:
            return jobs.settings()["poll"]
        try:
            jobs.run(self._running)
        finally:
            self._running = None
        return 0.0

    def _show_life(self) -> float:
        job = self._running
        if job is not None:
            try:
                job.renew()
            except leases.LeaseLost as lost:
                log.warning("%s", lost)
        return jobs.settings()["lease"] / 4
