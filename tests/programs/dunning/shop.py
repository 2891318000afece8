"""A shop with one customer and one invoice: what happened to it is told, and time passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tenure.connectors.posted import accepting
from tenure.facts.models import InboxRow
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.dunning import actions
from tenure.programs.dunning.models import Case

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def days(n: float) -> timedelta:
    return timedelta(days=n)


class Shop:
    """Tells what happened to one invoice, and lets time pass."""

    def __init__(self) -> None:
        self.now, self.tries = MONDAY, 0

    def tell(self, table: str, **row: Any) -> None:
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
        assert not accepting.take(table, [texts], source="shop", backfill=False, now=self.now)
        flush_now(self.now + timedelta(seconds=1))

    def bills(self) -> None:
        self.tell(
            "subscriptions", subscription_id="s1", account_id="acme", status="active",
            mrr_minor=4900, currency="EUR", started_at=MONDAY - days(90),
            updated_at=MONDAY - days(90),
        )  # fmt: skip
        self.tell(
            "invoices", invoice_id="i1", account_id="acme", subscription_id="s1",
            issued_at=MONDAY - timedelta(hours=1), amount_minor=4900, currency="EUR",
        )  # fmt: skip

    def tries_the_card(self, status: str = "failed", code: str = "insufficient_funds") -> None:
        self.tries += 1
        self.tell(
            "payments", payment_id=f"p{self.tries}", account_id="acme", invoice_id="i1",
            attempted_at=self.now, status=status,
            decline_code="" if status == "succeeded" else code,
            amount_minor=4900, currency="EUR", properties={"network": "visa", "card": "c1"},
        )  # fmt: skip

    def until(self, day: float) -> list[str]:
        """Lets hours pass and the worker work; gives what was done."""
        before = {k for c in Case.objects.all() for k in c.steps.values_list("key", flat=True)}
        while self.now < MONDAY + days(day):
            self.now += timedelta(hours=1)
            actions.advance(self.now)
            if InboxRow.objects.exists():
                flush_now(self.now)
        case = Case.objects.get()
        return [s.what for s in case.steps.order_by("at", "pk") if s.key not in before]
