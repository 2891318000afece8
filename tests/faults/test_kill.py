"""kill -9 at random moments: nothing acknowledged is lost, nothing is counted twice."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from datetime import datetime

import pytest
from live import Live
from load import Senders

pytestmark = pytest.mark.faults


def settled(live: Live) -> bool:
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        return db.execute("SELECT count(*) FROM facts_inboxrow").fetchone()[0] == 0


def check(live: Live, senders: Senders) -> None:
    live.until(lambda: settled(live), 60)
    rows = live.rows()
    landed = Counter(row["message_id"] for row in rows)
    assert [i for i in senders.acknowledged if i not in landed] == []
    assert [i for i, number in landed.items() if number > 1] == []
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        counted = db.execute(
            "SELECT sum(rows) FROM facts_sourceday WHERE \"table\" = 'events'"
        ).fetchone()[0]
        assert counted == len(rows)
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_server_and_worker_are_killed_again_and_again(live: Live) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}, {datetime.now():%H:%M:%S}")
    rng = random.Random(seed)
    live.start()
    with Senders(live, threads=3, seed=seed) as senders:
        for _ in range(6):
            time.sleep(rng.uniform(0.3, 4.0))
            live.kill()
            live.start()
        live.until(lambda: len(senders.acknowledged) > 1000, 60)
    assert senders.sent >= len(senders.acknowledged)
    check(live, senders)


def test_two_more_workers_share_the_work_while_one_is_killed(live: Live) -> None:
    rng = random.Random(7)
    live.start("--no-worker")
    with Senders(live, threads=3, seed=7) as senders:
        live.start_worker()
        for _ in range(5):
            victim = live.start_worker()
            time.sleep(rng.uniform(1.0, 4.0))
            victim.kill()
        live.until(lambda: len(senders.acknowledged) > 1000, 60)
    check(live, senders)
