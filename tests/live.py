"""A real Tenure on a loopback port, in its own workspace, for tests that talk to it or kill it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from tenure.facts.lake import Lake

PASSWORD = "a long enough password"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Live:
    """One workspace with its server and workers as real processes."""

    def __init__(self, home: Path, env: dict[str, str] | None = None) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        clean = {
            k: v
            for k, v in os.environ.items()
            if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
        }
        self.env = {**clean, "TENURE_HOME": str(home), **(env or {})}
        made = self.tenure("init", "--email", "alice@example.com", "--password-stdin", "--json",
                           stdin=PASSWORD)  # fmt: skip
        self.key: str = json.loads(made)["key"]
        self.server: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tenure.cli.main", *arguments]

    def tenure(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            self.command(*arguments),
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *options: str, wait: bool = True) -> None:
        command = self.command("serve", "--port", str(self.port), *options)
        log = (self.home / "server.log").open("ab")
        self.server = subprocess.Popen(
            command, env=self.env, stdout=log, stderr=log, start_new_session=True
        )
        if wait:
            self.until(self.answers, 60)

    def start_worker(self) -> subprocess.Popen[bytes]:
        log = (self.home / "worker.log").open("ab")
        worker = subprocess.Popen(self.command("worker"), env=self.env, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def answers(self) -> bool:
        try:
            asked = urllib.request.Request(f"{self.url}/v1/batch", method="OPTIONS")
            with urllib.request.urlopen(asked, timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @staticmethod
    def until(true: Callable[[], Any], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.1)

    def kill(self) -> None:
        """kill -9 of the server and of its embedded worker, which share a process group."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
            self.server = None

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.server = None
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.workers = []

    def rows(self, table: str = "events") -> list[dict[str, Any]]:
        files = Lake(self.home / "lake").dataset([table]).tables.get(table)
        if not files:
            return []
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            return (
                db.sql(
                    "SELECT * FROM read_parquet(?, hive_partitioning = true)", params=[list(files)]
                )
                .to_arrow_table()
                .to_pylist()
            )

    def until_landed(
        self, count: int, table: str = "events", seconds: float = 30
    ) -> list[dict[str, Any]]:
        lake = Lake(self.home / "lake")
        self.until(lambda: lake.rows(table) >= count, seconds)
        return self.rows(table)

    def log(self) -> str:
        return "".join(p.read_text() for p in self.home.glob("*.log"))
