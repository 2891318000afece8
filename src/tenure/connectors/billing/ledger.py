"""Tenure's own ledger as billing system: the imported subscriptions and invoices, nothing else.

It moves no money. A retry is *awaited*: whoever collects for you tries, and tells the result as a
row of ``payments`` by import or API. Changes of a subscription are written to the ledger as facts,
with the MRR that follows from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.analytics.moments import months_on
from tenure.connectors.billing import discounts, prices
from tenure.connectors.billing.contract import Outcome, Rejected, Subscription
from tenure.connectors.billing.discounts import Discount
from tenure.connectors.posted import accepting
from tenure.facts import queries

SOURCE = "tenure"
_KEPT = (
    "subscription_id",
    "account_id",
    "plan_id",
    "status",
    "quantity",
    "mrr_minor",
    "currency",
    "started_at",
    "renews_at",
)


class Ledger:
    """The billing system ``ledger``."""

    name = "ledger"

    def retry_invoice(
        self,
        invoice_id: str,  # noqa: ARG002
        *,
        key: str,  # noqa: ARG002
        now: datetime,
    ) -> Outcome:
        """Awaited: the ledger cannot collect."""
        return Outcome("awaited", now, "the result is told by import or API")

    def is_settled(self, invoice_id: str) -> bool:  # noqa: ARG002
        """The ledger knows no more than its facts say."""
        return False

    def cancel(
        self, which: Subscription, *, at_period_end: bool, reason: str, key: str, now: datetime
    ) -> Outcome:
        """The subscription is marked as ended, now or when its term ends."""
        row = _latest(which, now)
        end = (row.get("renews_at") if at_period_end else None) or now
        return _write(which, row, key, now, status="cancelled", ended_at=end, end_reason=reason)

    def payment_update_link(
        self,
        account_id: str,  # noqa: ARG002
        invoice_id: str,  # noqa: ARG002
        *,
        key: str,  # noqa: ARG002
    ) -> str:
        """The ledger has no payment page."""
        return ""

    def apply_coupon(
        self, which: Subscription, *, percent: int, months: int, key: str, now: datetime
    ) -> Outcome:
        """The discount is written beside those there are, and MRR falls by it until it ends. One
        off the next bill alone is no discount on what recurs."""
        row = _latest(which, now)
        held, mrr = discounts.read(row.get("properties")), row.get("mrr_minor")
        if any(d.key == key for d in held):
            return Outcome("done", now, "it was given already")
        if not months:
            once = Discount(percent, once=True, key=key)
            return _write(which, row, key, now, gives=(*held, once))
        until = months_on(now, months)
        new = Discount(percent, until=until, key=key, mrr_before=mrr)
        less = None if mrr is None else _off(mrr, percent)
        return _write(which, row, key, now, gives=(*held, new), mrr_minor=less)

    def remove_coupon(self, which: Subscription, *, of: str, key: str, now: datetime) -> Outcome:
        """The discount is gone, and MRR is what it was before it."""
        row = _latest(which, now)
        held, mrr = discounts.read(row.get("properties")), row.get("mrr_minor")
        gone = next((d for d in held if d.given_by(of)), None)
        if gone is None:
            return Outcome("done", now, "it is not there any more")
        full = mrr if gone.once or mrr is None else _without(gone, mrr)
        rest = tuple(d for d in held if d is not gone)
        return _write(which, row, key, now, gives=rest, mrr_minor=full)

    def pause(self, which: Subscription, *, until: datetime, key: str, now: datetime) -> Outcome:
        """The subscription is marked as paused."""
        row = _latest(which, now)
        return _write(which, row, key, now, status="paused", paused_until=until.isoformat())

    def change_plan(self, which: Subscription, *, plan_id: str, key: str, now: datetime) -> Outcome:
        """The subscription is on the other plan, at its list price: seats and discounts stay. Where
        no price is known MRR stays, and your next import tells it."""
        row = _latest(which, now)
        if row.get("plan_id") == plan_id:
            return Outcome("done", now, "it is on that plan")
        was = _told(row).get("plan_before") or {}
        mrr: int = row.get("mrr_minor") or 0
        back = was.get("plan_id") == plan_id
        before = {"plan_id": row.get("plan_id"), "mrr_minor": mrr}
        listed = prices.of_plans([p for p in (row.get("plan_id"), plan_id) if p])
        old, new = listed.get(row.get("plan_id") or ""), listed.get(plan_id)
        after = prices.after_change(mrr, row.get("quantity"), old, new)
        if back and was.get("left_at") == mrr:
            after = was.get("mrr_minor")
        elif after is not None:
            before["left_at"] = after
        mrr = mrr if after is None else after
        return _write(which, row, key, now, plan_id=plan_id, plan_before=before, mrr_minor=mrr)

    def resume(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """The subscription is marked as active, if it was paused."""
        row = _latest(which, now)
        if row.get("status") != "paused":
            return Outcome("done", now, "it was not paused")
        return _write(which, row, key, now, status="active", paused_until=None)

    def keep(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """The subscription goes on, if its last day has not come."""
        row = _latest(which, now)
        if row.get("status") != "cancelled":
            return Outcome("done", now, "it was not cancelled")
        if row["finished_at"] is not None:
            ended = f"{row['finished_at']:%Y-%m-%d}"
            raise Rejected(f"it ended on {ended}: the customer subscribes anew")
        return _write(which, row, key, now, status="active")


def _latest(which: Subscription, now: datetime) -> dict[str, Any]:
    for row in queries.rows_now("subscriptions", which.account_id, now):
        if row["subscription_id"] == which.subscription_id:
            return row
    raise Rejected(f"the ledger has no subscription {which.subscription_id!r}")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """The row's properties; what cannot be read is none."""
    try:
        found = json.loads(row.get("properties") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _off(mrr: int, percent: float) -> int:
    return prices.rounded(Decimal(mrr) * (100 - Decimal(str(percent))) / 100)


def _without(gone: Discount, mrr: int) -> int:
    """MRR when a discount ends: what it was before, or what it comes to if it has changed since."""
    before = gone.mrr_before
    if before is not None and _off(before, gone.percent) == mrr:
        return before
    return prices.rounded(Decimal(mrr) * 100 / (100 - Decimal(str(gone.percent))))


_COLUMNS = ("status", "plan_id", "mrr_minor", "ended_at", "end_reason")


def _write(
    which: Subscription,
    row: dict[str, Any],
    key: str,
    now: datetime,
    gives: Iterable[Discount] | None = None,
    **changes: Any,
) -> Outcome:
    """The row as it is with ``changes``; what is no column goes to its properties, beside those it
    has, and so do the discounts, if they change."""
    kept = {name: row[name] for name in _KEPT if row.get(name) is not None}
    # What is done now comes after what is known, also where that was told by a clock ahead of ours.
    at = max(now, row["received_at"] + timedelta(microseconds=1))
    columns = {name: value for name, value in changes.items() if name in _COLUMNS}
    more = {name: value for name, value in changes.items() if name not in _COLUMNS}
    held = {} if gives is None else discounts.written(gives)
    properties = {k: v for k, v in {**_told(row), **more, **held}.items() if v is not None}
    told = {
        **kept,
        **columns,
        "properties": properties,
        "updated_at": at,
        "message_id": f"billing:{key}",
    }
    texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in told.items()}
    refused = accepting.take("subscriptions", [texts], source=SOURCE, backfill=False, now=at)
    if refused:
        first = refused[0]
        raise SpecError("ledger", which.subscription_id, first.reason, "correct the subscription")
    return Outcome("done", now)


LEDGER = Ledger()
