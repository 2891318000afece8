"""kill -9 of workers that carry out cancellations: every one is done, none is written twice."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from live import Live

from tenure.facts.lake import Lake

pytestmark = pytest.mark.faults
MANY = 150

PREPARE = """
import django; django.setup()
from datetime import UTC, datetime, timedelta
from tenure.connectors.posted import accepting
from tenure.core import policy
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.cancel import settings, visits
from tenure.programs.cancel.workflow import Cancel, ReasonGiven
from tenure.connectors.billing.models import Act
now = datetime.now(UTC) - timedelta(minutes=10)
text = settings.DEFAULT.read_text("utf-8").replace("on = false ", "on = true ", 1)
policy.save("cancel", text, "alice", "", now)
old = (now - timedelta(days=90)).isoformat()
rows = [{"subscription_id": f"s{n}", "account_id": f"a{n}", "status": "active", "plan_id": "pro",
         "mrr_minor": 1000, "currency": "EUR", "started_at": old, "updated_at": old}
        for n in range(MANY)]
assert not accepting.take("subscriptions", rows, source="shop", backfill=False, now=now)
flush_now(now)
for n in range(MANY):
    visit = visits.start(f"a{n}", now=now + timedelta(seconds=1))
    visits.answer(visit.code, ReasonGiven(""), now=now + timedelta(seconds=2))
    visits.answer(visit.code, Cancel(), now=now + timedelta(seconds=3))
Act.objects.update(due_at=datetime.now(UTC))
"""


def states(live: Live) -> Counter[str]:
    with sqlite3.connect(live.home / "state.sqlite3") as db:
        return Counter(row[0] for row in db.execute("SELECT state FROM billing_act"))


def cancelled(live: Live) -> Counter[str]:
    paths = Lake(live.home / "lake").files("subscriptions")["path"].to_pylist()
    listed = ", ".join(f"'{p}'" for p in paths)
    query = f"SELECT subscription_id FROM read_parquet([{listed}]) WHERE status = 'cancelled'"
    return Counter(row[0] for row in duckdb.sql(query).fetchall())


def test_workers_that_carry_out_are_killed_again_and_again(tmp_path: Path) -> None:
    rng = random.Random(7)
    live = Live(tmp_path / "home")
    env = {**live.env, "DJANGO_SETTINGS_MODULE": "tenure.web.settings"}
    script = PREPARE.replace("MANY", str(MANY))
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=120)
    assert states(live) == {"waiting": MANY}
    try:
        for _ in range(5):
            first, second = live.start_worker(), live.start_worker()
            time.sleep(rng.uniform(1.5, 3.5))
            for victim in (first, second):
                victim.kill()
                victim.wait()
        live.start_worker()
        live.until(lambda: states(live) == {"done": MANY}, 420)  # a lease lasts three minutes
        live.until(lambda: len(cancelled(live)) == MANY, 180)
    finally:
        live.stop()
    assert set(cancelled(live).values()) == {1}
