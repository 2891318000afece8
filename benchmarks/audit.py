"""The practice audit of a workspace with 100,000 accounts, against its own queries in plain SQL.

    benchmarks/audit.py [--accounts N] [--requests N] [--json]

The run answers every finding from about as much as such a firm has: two rows of each subscription,
ten contacts, three answers and a payment a month of each account, 30 days of product events,
messages, visits to the cancel flow, losses looked into. Then all statements it sent, to the
database of state and to the facts, are sent again, each of them once, and their rows fetched:
the run may take 3 times as long. The page is asked for signed in, through all middlewares, from
that run: 2 seconds at most, the slowest of all counts. DATABASE_URL chooses the database, else
SQLite.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pages
import pyarrow as pa

GOAL, SECONDS = 3.0, 2.0
DAY = 86_400_000_000


def main() -> None:
    """Build, run, repeat its statements, ask for the page; exit code 1 if a goal is missed."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as home:
        pages._boot(home)
        pages._fill(options.accounts)
        facts = _facts(pages.NOW)
        figures = {"accounts": options.accounts, "facts": facts}
        figures |= _run(pages.NOW)
        figures |= _page(options.requests)
    reached = figures["ratio"] <= GOAL and figures["page_slowest_seconds"] <= SECONDS
    figures["reached"] = reached
    if options.json:
        print(json.dumps({"benchmark": "audit"} | figures))
    else:
        print("\n".join(f"{name:28} {value}" for name, value in figures.items()))
    sys.exit(0 if reached else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the accounts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.accounts = max(int(options.accounts * options.scale), 1000)
    return options


# -- ground ---------------------------------------------------------------------------------------


def _facts(now: datetime) -> int:
    """What happened at the accounts, in the lake and in the state; the number of facts."""
    from tenure.accounts.models import Account
    from tenure.analytics.dataset import conform
    from tenure.facts import lake

    rng = np.random.default_rng(3)
    ids = np.array(list(Account.objects.order_by("pk").values_list("pk", flat=True)), dtype=object)
    at = int(now.timestamp()) * 1_000_000
    stamp, total = pa.timestamp("us", tz="UTC"), 0

    def moments(count: int, days: float, least: float = 0) -> pa.Array:
        back = rng.uniform(least, days, count) * DAY
        return pa.array(at - back.astype(np.int64)).cast(stamp)

    def of(count: int) -> pa.Array:
        return pa.array(ids[rng.integers(0, len(ids), count)], pa.string())

    def keep(table: str, columns: dict[str, Any]) -> None:
        nonlocal total
        count = len(columns["account_id"])
        told = {"message_id": [f"{table}-{n}" for n in range(count)], **columns}
        lake.current().append(table, conform(table, pa.table(told)), ("bench", total + 1))
        total += count

    n = len(ids)
    known = pa.array([at - 800 * DAY] * n).cast(stamp)
    ended = rng.random(n) < 0.1
    for turn, since in enumerate((known, moments(n, 300))):
        keep("subscriptions", {
            "subscription_id": [f"s-{i}" for i in ids], "account_id": pa.array(ids, pa.string()),
            "started_at": known, "updated_at": since, "received_at": since,
            "status": np.where(ended & (turn == 1), "cancelled", "active"),
            "ended_at": pa.array(since.to_numpy(zero_copy_only=False), mask=~(ended & (turn == 1))),
            "renews_at": pa.array(at + (rng.uniform(1, 360, n) * DAY).astype(np.int64)).cast(stamp),
            "mrr_minor": rng.integers(1000, 90_000, n), "currency": ["USD"] * n,
        })  # fmt: skip
    keep("accounts", {
        "account_id": pa.array(ids, pa.string()), "created_at": moments(n, 800),
        "updated_at": known, "received_at": known,
    })  # fmt: skip
    core = pa.table({
        "feature_id": ["board"], "event": ["Board Made"], "core": [True], "message_id": ["f"],
        "updated_at": known[:1], "received_at": known[:1],
    })  # fmt: skip
    lake.current().append("features", conform("features", core), ("bench", 0))
    for table, key, moment, count, days, more in (
        ("interactions", "interaction_id", "happened_at", 10 * n, 730, {"kind": "call"}),
        ("responses", "response_id", "responded_at", 3 * n, 365, {"survey": "nps"}),
        ("payments", "payment_id", "attempted_at", 12 * n, 365, {"currency": "USD"}),
        ("events", "", "timestamp", 18 * n, 30, {"event": "Signed In", "source": "web"}),
        ("events", "", "timestamp", 2 * n, 200, {"event": "Board Made", "source": "web"}),
    ):
        when = moments(count, days)
        columns: dict[str, Any] = {"account_id": of(count), moment: when, "received_at": when}
        columns |= {name: pa.repeat(value, count) for name, value in more.items()}
        if key:
            columns[key] = [f"{table}-{i}" for i in range(count)]
        columns["message_id"] = [f"{table}-{total + i}" for i in range(count)]
        if table == "responses":
            columns["score"] = rng.integers(0, 11, count).astype(float)
        if table == "payments":
            columns["status"] = np.where(rng.random(count) < 0.04, "failed", "succeeded")
            columns["amount_minor"] = rng.integers(1000, 90_000, count)
        if table == "interactions":
            columns["note"] = np.where(rng.random(count) < 0.3, "How do I export?", "Their goals")
        keep(table, columns)
    _state(list(ids), now, rng)
    return total


def _state(ids: list[str], now: datetime, rng: np.random.Generator) -> None:
    from tenure.channels.models import SENT, Message
    from tenure.learning.investigations.models import Investigation
    from tenure.plays import switching
    from tenure.plays.models import Enrolment
    from tenure.programs.cancel.models import Visit

    def ago(days: float) -> datetime:
        return now - timedelta(days=float(days))

    def some(count: int) -> Iterator[tuple[int, str, datetime]]:
        for n in range(count):
            yield n, ids[int(rng.integers(0, len(ids)))], ago(rng.uniform(1, 120))

    Message.objects.bulk_create(
        (Message(key=f"m{n}", channel="mail", purpose="payment" if n % 5 == 0 else "help",
                 source=f"play:p{n % 12}", recipient=f"ann@{i}.example", account_id=i, state=SENT,
                 due_at=at, send_after=at, passed_at=at, settled_at=at, created_at=at)
         for n, i, at in some(2 * len(ids))), batch_size=2000,
    )  # fmt: skip
    Visit.objects.bulk_create(
        Visit(code=f"c{n}", account_id=i, subscription_id=f"s-{i}", language="en", origin="page",
              policy="0", split="x", arm="offers", started_at=at, seen_at=at, outcome="cancelled",
              ended_at=at)
        for n, i, at in some(len(ids) // 50)
    )  # fmt: skip
    switching.switch_on("onboarding-mails", "benchmark", now=now)
    Enrolment.objects.bulk_create(
        (Enrolment(play="onboarding-mails", version=0, subject=i, account_id=i, state="done",
                   step="end", due_at=at, entered_at=at, ended_at=at)
         for i, at in {i: at for _, i, at in some(len(ids) // 2)}.items()), batch_size=2000,
    )  # fmt: skip
    Investigation.objects.bulk_create(
        Investigation(account_id=i, churned_at=at - timedelta(days=60), opened_at=at, state="open",
                      kind="voluntary", proposed_verdict="unclear", verdict="unclear")
        for i, at in {i: at for _, i, at in some(len(ids) // 20)}.items()
    )  # fmt: skip


# -- the run --------------------------------------------------------------------------------------

Asked = dict[str, Any]


@contextmanager
def _listened() -> Iterator[tuple[Asked, Asked]]:
    """Every statement sent meanwhile, once each: to the state, and to the facts."""
    from django.db import connection

    from tenure.analytics.engine import DuckDBEngine

    state: Asked = {}
    facts: Asked = {}
    whole = DuckDBEngine.query

    def of_state(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith("SELECT"):
            state[sql, repr(params)] = (sql, params)
        return execute(sql, params, many, context)

    def of_facts(self: Any, sql: str, data: Any, extra: Any = None) -> pa.Table:
        facts[sql] = (data, extra)
        return whole(self, sql, data, extra)

    DuckDBEngine.query = of_facts  # type: ignore[method-assign]
    try:
        with connection.execute_wrapper(of_state):
            yield state, facts
    finally:
        DuckDBEngine.query = whole  # type: ignore[method-assign]


def _run(now: datetime) -> dict[str, Any]:
    from tenure.learning.practice_audit import actions

    with _listened() as (state, facts):
        actions.run(now)
    first, _ = _timed(lambda: _plain(state, facts))
    ours, kept = _timed(lambda: actions.run(now))
    second, _ = _timed(lambda: _plain(state, facts))
    plain = (first + second) / 2
    unknown = [f["key"] for f in kept.findings if f["state"] == "not_assessed"]
    return {
        "findings": dict(kept.counts), "not assessed": ", ".join(unknown),
        "statements": f"{len(state)} of state, {len(facts)} of facts",
        "run_seconds": round(ours, 2), "plain_sql_seconds": round(plain, 2),
        "ratio": round(ours / plain, 2), "goal": GOAL,
    }  # fmt: skip


def _plain(state: Asked, facts: Asked) -> int:
    """The statements once more, and nothing else."""
    from django.db import connection

    from tenure.facts.reading import engine

    rows = 0
    with connection.cursor() as cursor:
        for sql, params in state.values():
            cursor.execute(sql, params)
            rows += len(cursor.fetchall())
    for sql, (data, extra) in facts.items():
        rows += engine().query(sql, data, extra).num_rows
    return rows


def _timed(act: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = act()
    return time.perf_counter() - start, answer


def _page(requests: int) -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    from tenure.core.models import User

    client = Client()
    user = User.objects.order_by("pk").first()
    assert user
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    spent = [pages._time(client, reverse("practice")) for _ in range(requests)]
    return {"page_slowest_seconds": round(max(spent), 3),
            "page_median_seconds": round(sorted(spent)[len(spent) // 2], 3)}  # fmt: skip


if __name__ == "__main__":
    main()
