"""What the lake says of subscriptions and plans, for one account or many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenure.connectors.billing import discounts
from tenure.connectors.billing.discounts import Discount
from tenure.facts import reading
from tenure.programs.cancel.plans import Plan, months_of


@dataclass(frozen=True)
class Subscription:
    """A subscription as last told. ``state`` is that of ``analytics.subscriptions`` at the moment
    asked about; ``ends_at`` may lie ahead: it runs until then."""

    subscription_id: str
    account_id: str
    plan_id: str
    state: str
    mrr_minor: int
    currency: str
    started_at: datetime
    renews_at: datetime | None
    ends_at: datetime | None
    changed_at: datetime
    discounts: tuple[Discount, ...] = ()

    def runs(self) -> bool:
        """Whether it goes on until somebody cancels it."""
        return self.ends_at is None


def subscriptions(accounts: Sequence[str], now: datetime) -> list[Subscription]:
    """The subscriptions of these accounts as the latest facts tell, oldest first."""
    if not accounts:
        return []
    query = (
        "SELECT * FROM subscriptions WHERE account_id IN"
        f" (SELECT id FROM {reading.ABOUT}) ORDER BY started_at, subscription_id"
    )
    rows = reading.dated(reading.latest(query, now, "subscriptions", about=accounts))
    return [
        Subscription(
            r["subscription_id"],
            r["account_id"],
            r["plan_id"] or "",
            r["state"],
            r["mrr_minor"] or 0,
            r["currency"] or "",
            r["started_at"],
            r["renews_at"],
            r["ends_at"],
            r["updated_at"],
            discounts.read(r["properties"]),
        )
        for r in rows
    ]


def dearest(account_id: str, now: datetime) -> Subscription | None:
    """The running subscription of an account that is worth most."""
    found = [s for s in subscriptions([account_id], now) if s.runs()]
    return max(found, key=lambda s: s.mrr_minor, default=None)


def plans(now: datetime) -> list[Plan]:
    """Every plan as the latest facts tell."""
    rows = reading.latest("SELECT * FROM plans ORDER BY plan_id", now, "plans").to_pylist()
    return [
        Plan(
            r["plan_id"],
            r["name"] or "",
            r["level"] or 0,
            r["price_minor"],
            r["currency"] or "",
            r["interval"] or "",
            _months(r),
            r["seat_limit"],
            r["usage_limit"],
            r["usage_event"] or "",
            _features(r["properties"]),
        )
        for r in rows
    ]


def _months(plan: dict[str, Any]) -> float | None:
    return months_of(plan["interval"], str(_property(plan["properties"], "every") or ""))


def _property(properties: str | None, name: str) -> Any:
    try:
        return json.loads(properties or "{}").get(name)
    except (ValueError, AttributeError):
        return None


def _features(properties: str | None) -> tuple[str, ...]:
    found = _property(properties, "features")
    return tuple(str(f) for f in found) if isinstance(found, list) else ()
