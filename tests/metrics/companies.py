"""A tiny company with subscriptions, for tests of revenue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from tenure.analytics.dataset import conform
from tenure.facts import lake

LIVES = [
    ("ada", "2025-09-10", None, 10_000, "web", None),
    ("bo", "2025-09-20", "2025-11-05", 5_000, "ads", "involuntary"),
    ("cy", "2025-10-05", None, 20_000, "web", None),
]


def three_accounts() -> None:
    """Three accounts with a subscription each; bo could not pay in November."""
    subscriptions = [
        {
            "subscription_id": f"s-{who}", "account_id": who, "started_at": start, "ended_at": end,
            "mrr_minor": mrr, "currency": "USD", "status": "active", "end_reason": why,
            "plan_id": "growth",
        }
        for who, start, end, mrr, _, why in LIVES
    ]  # fmt: skip
    accounts = [
        {"account_id": who, "updated_at": start, "channel": channel}
        for who, start, _, _, channel, _ in LIVES
    ]
    here = lake.current()
    for table, rows in (("subscriptions", subscriptions), ("accounts", accounts)):
        here.append(table, conform(table, pa.Table.from_pylist(rows)), ("test", 1))


def history(accounts: int = 60, months: int = 20) -> None:
    """Accounts won over the last ``months``, some of whom grew, shrank, left or came back."""
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for n in range(accounts):
        start = now - timedelta(days=30 * (n % months) + 3)
        rows += _life(n, start, 4_900 + 700 * n)
        ended = start + timedelta(160)
        if n % 5 == 0 and ended < now:
            rows[-1] |= {"ended_at": ended, "end_reason": "voluntary"}
        if n % 10 == 0 and ended + timedelta(60) < now:
            rows += _life(n, ended + timedelta(60), 9_900, "r")[:1]
    keys = sorted({key for row in rows for key in row})
    here = lake.current()
    whole = [{key: row.get(key) for key in keys} for row in rows]
    subscriptions = conform("subscriptions", pa.Table.from_pylist(whole))
    here.append("subscriptions", subscriptions, ("history", 1))
    known = [
        {"account_id": f"a{n}", "updated_at": now - timedelta(days=700),
         "channel": ("web", "ads", "partner")[n % 3]}
        for n in range(accounts)
    ]  # fmt: skip
    here.append("accounts", conform("accounts", pa.Table.from_pylist(known)), ("history", 1))


def _life(n: int, start: datetime, mrr: int, mark: str = "s") -> list[dict[str, Any]]:
    life = {
        "subscription_id": f"{mark}{n}", "account_id": f"a{n}", "started_at": start,
        "plan_id": ("starter", "growth")[n % 2], "currency": "EUR" if n % 9 == 8 else "USD",
        "status": "active",
    }  # fmt: skip
    changes = [(0, mrr), *((d, mrr + c) for d, c in ((70, 1_500), (130, -2_000)) if n % 4 == d % 3)]
    moments = [(start + timedelta(days), amount) for days, amount in changes]
    now = datetime.now(UTC)
    return [life | {"updated_at": at, "mrr_minor": m} for at, m in moments if at < now]
