"""Ingestion: acknowledged events a second over HTTP, 100 a batch, against a bare commit loop.

Reference: the same bodies into SQLite (WAL, synchronous FULL), as many a commit as there are
connections, with nothing around it. Target: at least 0.5 of it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from bodies import bodies
from measure import arguments, show

CONNECTIONS = 64
BATCHES = 4000
CALLS = 100


def reference(home: Path, all_bodies: list[bytes], total: int) -> float:
    """Events a second of the bare loop."""
    db = sqlite3.connect(home / "bare.sqlite3", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, received_at TEXT, "
        "source TEXT, endpoint TEXT, body BLOB)"
    )
    start = time.perf_counter()
    for first in range(0, total, CONNECTIONS):
        some = range(first, min(first + CONNECTIONS, total))
        rows = [("2024-03-01 12:00:00", "s", "e", all_bodies[i % len(all_bodies)]) for i in some]
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO inbox (received_at, source, endpoint, body) VALUES (?, ?, ?, ?)", rows
        )
        db.execute("COMMIT")
    seconds = time.perf_counter() - start
    db.close()
    return total * CALLS / seconds


class Served:
    """A real ``tenure serve`` without worker, in a workspace of its own."""

    def __init__(self, home: Path) -> None:
        self.env = {**os.environ, "TENURE_HOME": str(home)}
        made = subprocess.run(
            self._command("init", "--email", "a@example.com", "--password-stdin", "--json"),
            env=self.env, input="a long enough password", capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        self.key = json.loads(made.stdout)["key"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            self._command("serve", "--port", str(self.port), "--no-worker"),
            env=self.env,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "tenure.cli.main", *arguments]

    def _wait(self) -> None:
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/batch", method="OPTIONS")
        for _ in range(900):
            try:
                urllib.request.urlopen(asked, timeout=1)
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit("the server did not start")


class Client(asyncio.Protocol):
    """One connection that sends the next request when the last is answered with 200."""

    def __init__(self, requests: Any, ended: asyncio.Future[None]) -> None:
        self.requests, self.ended = requests, ended
        self.answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.next()

    def next(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            self.ended.set_result(None)
        else:
            self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if self.answer.endswith(b"}"):
            if not self.answer.startswith(b"HTTP/1.1 200"):
                raise SystemExit(self.answer.decode("latin-1"))
            self.answer = b""
            self.next()


async def load(served: Served, all_bodies: list[bytes], total: int) -> float:
    """Acknowledged events a second."""
    auth = base64.b64encode(f"{served.key}:".encode())
    ready = [
        b"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Authorization: Basic " + auth + b"\r\nContent-Length: " + str(len(b)).encode()
        + b"\r\n\r\n" + b
        for b in all_bodies
    ]  # fmt: skip
    requests = (ready[i % len(ready)] for i in range(total))
    loop = asyncio.get_running_loop()
    ended = [loop.create_future() for _ in range(CONNECTIONS)]
    start = time.perf_counter()
    for future in ended:
        await loop.create_connection(lambda f=future: Client(requests, f), "127.0.0.1", served.port)
    await asyncio.gather(*ended)
    return total * CALLS / (time.perf_counter() - start)


def main() -> None:
    options = arguments(__doc__)
    total = max(64, int(BATCHES * options.scale))
    all_bodies = bodies(min(total, 400), CALLS)
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        served = Served(Path(folder) / "home")
        try:
            asyncio.run(load(served, all_bodies, 64))  # warm
            bare, ours = 0.0, 0.0
            for turn in range(3):  # in turns, so that a busy machine is fair to both
                (place := Path(folder) / f"bare{turn}").mkdir()
                bare = max(bare, reference(place, all_bodies, total))
                ours = max(ours, asyncio.run(load(served, all_bodies, total)))
        finally:
            served.process.terminate()
            served.process.wait()
    figures = {
        "acknowledged_events_per_second": round(ours),
        "bare_loop_events_per_second": round(bare),
        "ratio": round(ours / bare, 2),
        "target": 0.5,
    }
    show("ingest: acknowledged events over HTTP against a bare commit loop", figures, options.json)


if __name__ == "__main__":
    main()
