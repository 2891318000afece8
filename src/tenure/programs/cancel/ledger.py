"""What the lake says of subscriptions and plans, for one account or many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from tenure.facts import lake, sql
from tenure.programs.cancel.plans import Plan

ALIVE = ("active", "trialing", "past_due", "paused")


@dataclass(frozen=True)
class Subscription:
    """A subscription as last told. ``ended_at`` may lie ahead: it runs until then."""

    subscription_id: str
    account_id: str
    plan_id: str
    status: str
    mrr_minor: int
    currency: str
    started_at: datetime
    renews_at: datetime | None
    ended_at: datetime | None
    changed_at: datetime

    def runs(self) -> bool:
        """Whether it goes on until somebody cancels it."""
        return self.ended_at is None and self.status in ALIVE

    def over_since(self) -> datetime | None:
        """From when on it is no more, or will be; None while it goes on."""
        return self.ended_at or (None if self.status in ALIVE else self.changed_at)


def subscriptions(accounts: Sequence[str], now: datetime) -> list[Subscription]:
    """The subscriptions of these accounts as known at ``now``, oldest first."""
    rows = _latest(
        "subscriptions", "subscription_id", "updated_at", now,
        ("account_id", "plan_id", "status", "mrr_minor", "currency", "started_at", "renews_at",
         "ended_at"),
        accounts,
    )  # fmt: skip
    found = [
        Subscription(
            r["subscription_id"], r["account_id"], r["plan_id"] or "", r["status"] or "active",
            r["mrr_minor"] or 0, r["currency"] or "", r["started_at"], r["renews_at"],
            r["ended_at"], r["updated_at"],
        )
        for r in rows
    ]  # fmt: skip
    return sorted(found, key=lambda s: (s.started_at, s.subscription_id))


def dearest(account_id: str, now: datetime) -> Subscription | None:
    """The running subscription of an account that is worth most."""
    found = [s for s in subscriptions([account_id], now) if s.runs()]
    return max(found, key=lambda s: s.mrr_minor, default=None)


def plans(now: datetime) -> list[Plan]:
    """Every plan as known at ``now``."""
    rows = _latest(
        "plans", "plan_id", "updated_at", now,
        ("name", "level", "price_minor", "currency", "interval", "seat_limit", "usage_limit",
         "usage_event", "properties"),
    )  # fmt: skip
    return [
        Plan(
            r["plan_id"], r["name"] or "", r["level"] or 0, r["price_minor"], r["currency"] or "",
            r["interval"] or "month", r["seat_limit"], r["usage_limit"], r["usage_event"] or "",
            _features(r["properties"]),
        )
        for r in rows
    ]  # fmt: skip


def _features(properties: str | None) -> tuple[str, ...]:
    try:
        found = json.loads(properties or "{}").get("features", [])
    except (ValueError, AttributeError):
        return ()
    return tuple(str(f) for f in found) if isinstance(found, list) else ()


def _latest(
    table: str, key: str, time: str, now: datetime, columns: Sequence[str],
    accounts: Sequence[str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    here = lake.current()
    paths = here.files(table)["path"].to_pylist() if here.exists(table) else []
    if not paths or (accounts is not None and not accounts):
        return []
    con, moment = sql.connection(), f"TIMESTAMPTZ '{now.isoformat()}'"
    con.register("no_facts", _schema(table).empty_table())
    about = ""
    if accounts is not None:
        con.register("asked", pa.table({"id": pa.array(list(accounts), pa.string())}))
        about = "AND account_id IN (SELECT id FROM asked)"
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    query = f"""
        SELECT {key}, {time}, {", ".join(f'"{c}"' for c in columns)} FROM (
            SELECT * FROM no_facts UNION ALL BY NAME
            SELECT * FROM read_parquet([{listed}], union_by_name = true))
        WHERE received_at <= {moment} AND {time} <= {moment} {about}
        QUALIFY row_number() OVER (
            PARTITION BY {key} ORDER BY {time} DESC, received_at DESC, message_id DESC) = 1"""
    found: list[dict[str, Any]] = con.sql(query).to_arrow_table().to_pylist()
    return found


def _schema(table: str) -> pa.Schema:
    from tenure.analytics.tables import TABLES

    return TABLES[table].arrow_schema()
