"""What Tenure asks of a billing system. One ``key``, one act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Literal, Protocol


@dataclass(frozen=True)
class Outcome:
    """What became of an act. ``awaited``: somebody else does it, and its result comes as a fact."""

    what: Literal["done", "declined", "awaited"]
    at: datetime
    detail: str = ""
    payment_id: str = ""
    decline_code: str = ""
    advice: str = ""
    network_code: str = ""


@dataclass(frozen=True)
class Subscription:
    """Which subscription an act is about."""

    subscription_id: str
    account_id: str


class Unavailable(Exception):  # noqa: N818 - says what is so
    """The billing system cannot be reached: ask again later, with the same key."""


class Rejected(Exception):  # noqa: N818
    """The billing system says no, and will say so again."""


class Billing(Protocol):
    """A billing system."""

    name: str

    def retry_invoice(self, invoice_id: str, *, key: str, now: datetime) -> Outcome:
        """Try to collect an unpaid invoice once more."""

    def is_settled(self, invoice_id: str) -> bool:
        """Whether an invoice is paid or void by the system's own books, which facts may not have
        told yet."""

    def cancel(
        self, which: Subscription, *, at_period_end: bool, reason: str, key: str, now: datetime
    ) -> Outcome:
        """End a subscription, now or with the period that is paid."""

    def payment_update_link(self, account_id: str, invoice_id: str, *, key: str) -> str:
        """Where the customer can pay an invoice (or, without one, change the card); empty if there
        is no such page."""

    def apply_coupon(
        self, which: Subscription, *, percent: int, months: int, key: str, now: datetime
    ) -> Outcome:
        """A discount beside those there are: off the coming invoices of so many months; 0 months:
        off the next invoice alone, whenever that is."""

    def pause(self, which: Subscription, *, until: datetime, key: str, now: datetime) -> Outcome:
        """Collect nothing until a moment."""

    def change_plan(self, which: Subscription, *, plan_id: str, key: str, now: datetime) -> Outcome:
        """Move to another plan."""

    def resume(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """End a pause: collect again from now on. One that is not paused stays as it is."""

    def remove_coupon(self, which: Subscription, *, of: str, key: str, now: datetime) -> Outcome:
        """Take off no more what the act under the key ``of`` gave; others stay. One that is not
        there any more is none."""

    def keep(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """Take a cancellation back that has not come into force; Refused if it has."""


BILLING = {
    "ledger": "tenure.connectors.billing.ledger:LEDGER",
    "stripe": "tenure.connectors.stripe.billing:STRIPE",
}


def billing(name: str) -> Billing:
    """The billing system called ``name``; KeyError if there is none."""
    module, _, thing = BILLING[name].partition(":")
    found: Billing = getattr(import_module(module), thing)
    return found
