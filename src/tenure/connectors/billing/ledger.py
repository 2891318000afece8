"""Tenure's own ledger as billing system: the imported subscriptions and invoices, nothing else.

It moves no money. A retry is *awaited*: whoever collects for you tries, and tells the result as a
row of ``payments`` by import or API. Changes of a subscription are written to the ledger as facts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Outcome, Refused, Subscription
from tenure.connectors.posted import accepting
from tenure.facts import queries

SOURCE = "tenure"
_KEPT = (
    "subscription_id", "account_id", "plan_id", "status", "quantity", "mrr_minor", "currency",
    "started_at", "renews_at",
)  # fmt: skip


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
        """The discount is written beside the subscription; its MRR stays at list price."""
        row = _latest(which, now)
        coupon = {"percent": percent, "months": months, "from": now.isoformat()}
        return _write(which, row, key, now, properties={"coupon": coupon})

    def pause(self, which: Subscription, *, until: datetime, key: str, now: datetime) -> Outcome:
        """The subscription is marked as paused."""
        row = _latest(which, now)
        told = {"paused_until": until.isoformat()}
        return _write(which, row, key, now, status="paused", properties=told)

    def change_plan(self, which: Subscription, *, plan_id: str, key: str, now: datetime) -> Outcome:
        """The subscription is on the other plan; its price is told by your next import."""
        return _write(which, _latest(which, now), key, now, plan_id=plan_id)

    def resume(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """The subscription is marked as active, if it was paused."""
        row = _latest(which, now)
        if row.get("status") != "paused":
            return Outcome("done", now, "it was not paused")
        return _write(which, row, key, now, status="active")

    def remove_coupon(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """No discount is written beside the subscription any more."""
        return _write(which, _latest(which, now), key, now, properties={"coupon": None})

    def keep(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """The subscription goes on, if its last day has not come."""
        row = _latest(which, now)
        if row.get("status") != "cancelled":
            return Outcome("done", now, "it was not cancelled")
        if row.get("ended_at") is not None:  # hidden until the day itself
            raise Refused(f"it ended on {row['ended_at']:%Y-%m-%d}: the customer subscribes anew")
        return _write(which, row, key, now, status="active")


def _latest(which: Subscription, now: datetime) -> dict[str, Any]:
    for row in queries.rows_of("subscriptions", which.account_id, now):
        if row["subscription_id"] == which.subscription_id:
            return row
    raise Refused(f"the ledger has no subscription {which.subscription_id!r}")


def _write(
    which: Subscription, row: dict[str, Any], key: str, now: datetime, **changes: Any
) -> Outcome:
    kept = {name: row[name] for name in _KEPT if row.get(name) is not None}
    told = {**kept, **changes, "updated_at": now, "message_id": f"billing:{key}"}
    texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in told.items()}
    refused = accepting.take("subscriptions", [texts], source=SOURCE, backfill=False, now=now)
    if refused:
        first = refused[0]
        raise SpecError("ledger", which.subscription_id, first.reason, "correct the subscription")
    return Outcome("done", now)


LEDGER = Ledger()
