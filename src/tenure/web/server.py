"""The server process: pages and ingestion in one, with a worker process of its own beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

import uvicorn


class EmbeddedWorker:
    """Keeps one worker process alive for as long as the server lives."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, daemon=True, name="embedded worker")

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._thread.start()

    def _keep(self) -> None:
        while not self._stop.is_set():
            self._process = subprocess.Popen(worker_command(os.getpid()))  # noqa: S603
            began = time.monotonic()
            self._process.wait()
            if time.monotonic() - began < 10:
                self._stop.wait(5)

    def stop(self) -> None:
        """Ask it to finish, and wait."""
        self._stop.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()


def worker_command(parent: int | None = None) -> list[str]:
    """The command line of a worker process that ends with ``parent``."""
    tail = ["--parent", str(parent)] if parent else []
    return [sys.executable, "-m", "tenure.cli.main", "worker", *tail]


def configured(host: str, port: int) -> uvicorn.Config:
    """How the server runs. Forwarded headers are believed from the proxies of TENURE_PROXY alone;
    with TENURE_TLS_CERT (and TENURE_TLS_KEY) it speaks TLS itself."""
    from django.conf import settings

    from tenure.web.asgi import application

    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        proxy_headers=bool(settings.PROXIES),
        forwarded_allow_ips=settings.PROXIES,
        ssl_certfile=settings.TLS_CERT or None,
        ssl_keyfile=settings.TLS_KEY or None,
    )


def serve(host: str, port: int, *, with_worker: bool) -> None:
    """Serve until interrupted."""
    config = configured(host, port)
    sys.setswitchinterval(0.0005)  # the committing thread must not wait long for the other
    worker = EmbeddedWorker() if with_worker else None
    if worker:
        worker.start()
    try:
        uvicorn.Server(config).run()
    finally:
        if worker:
            worker.stop()


def work(parent: int | None) -> None:
    """Be a worker until told to stop, or until ``parent`` is gone."""
    from tenure.core.worker import Worker

    worker = Worker()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        worker.stop.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if parent:
        watch = threading.Thread(target=_end_with, args=(parent, worker.stop), daemon=True)
        watch.start()
    worker.run()


def _end_with(parent: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
