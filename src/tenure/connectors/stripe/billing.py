"""Stripe as billing system, over its official SDK.

Every act looks first whether it has been done: Stripe remembers an idempotency key for a day, and
an act of ours may wait longer. Then it acts, under our key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from tenure.connectors.billing.contract import Outcome, Rejected, Subscription
from tenure.connectors.stripe.client import asking, client
from tenure.connectors.stripe.objects import OURS, id_of

Object = Mapping[str, Any]


class Stripe:
    """The billing system ``stripe``."""

    name = "stripe"

    def retry_invoice(self, invoice_id: str, *, key: str, now: datetime) -> Outcome:
        """Ask Stripe to collect the invoice now; *declined* says why it could not, *awaited* that
        the bank has not answered yet (a debit takes days)."""
        import stripe

        with asking():
            invoice = client().v1.invoices.retrieve(invoice_id).to_dict()
            if invoice["status"] == "paid":
                return Outcome("done", now, "it is paid already")
            if invoice["status"] != "open":
                raise Rejected(f"the invoice is {invoice['status']}: nothing can be collected")
            try:
                tried = client().v1.invoices.pay(invoice_id, {}, _under(key)).to_dict()
            except stripe.CardError as no:
                return _declined(no, now)
        if tried["status"] == "paid":
            return Outcome("done", now, "collected")
        return Outcome("awaited", now, "asked for: the result is told by a notice")

    def is_settled(self, invoice_id: str) -> bool:
        """By the invoice's own status; one that nobody can collect any more is not settled."""
        with asking():
            invoice = client().v1.invoices.retrieve(invoice_id).to_dict()
        return invoice["status"] in ("paid", "void")

    def cancel(
        self, which: Subscription, *, at_period_end: bool, reason: str, key: str, now: datetime
    ) -> Outcome:
        """End the subscription at Stripe, now or with the period that is paid."""
        with asking():
            there = _subscription(which)
            if there["status"] == "canceled":
                return Outcome("done", now, "it has ended already")
            _release(there, key)
            comment: Any = {"cancellation_details": {"comment": f"{OURS}{reason}"}}
            if not at_period_end:
                client().v1.subscriptions.cancel(which.subscription_id, comment, _under(key))
            elif not there.get("cancel_at_period_end"):
                _update(which, {"cancel_at_period_end": True, **comment}, key)
        return Outcome("done", now)

    def keep(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """Take back a cancellation that waits for the period's end."""
        with asking():
            there = _alive(which)
            if there.get("cancel_at_period_end"):
                _update(which, {"cancel_at_period_end": False}, key)
            elif there.get("cancel_at"):  # a day of its own, set at Stripe
                _update(which, {"cancel_at": ""}, key)
        return Outcome("done", now)

    def payment_update_link(self, account_id: str, invoice_id: str, *, key: str) -> str:
        """Stripe's own page of the invoice, where it can be paid with another card; without an
        invoice its portal, opened where the card is changed."""
        if not invoice_id:
            return _portal(account_id, key)
        with asking():
            invoice = client().v1.invoices.retrieve(invoice_id).to_dict()
        return str(invoice.get("hosted_invoice_url") or "")

    def apply_coupon(
        self, which: Subscription, *, percent: int, months: int, key: str, now: datetime
    ) -> Outcome:
        """A coupon of this act's own, on the subscription beside those it has. 0 months: off the
        next invoice alone."""
        import stripe

        name = _coupon(key)
        with asking():
            held = _discounts_of(_alive(which, coupons=True))
            if name in held.values():
                return Outcome("done", now)
            lasts: Any = {"duration": "once", "name": f"{percent}% off one invoice"}
            if months:
                lasts = {
                    "duration": "repeating",
                    "duration_in_months": months,
                    "name": f"{percent}% for {months} months",
                }
            made: Any = {"id": name, "percent_off": percent, **lasts}
            try:
                client().v1.coupons.create(made, _under(f"{key}:coupon"))
            except stripe.InvalidRequestError as error:
                if error.code != "resource_already_exists":
                    raise
            _update(which, {"discounts": [*_kept(held), {"coupon": name}]}, key)
        return Outcome("done", now)

    def remove_coupon(self, which: Subscription, *, of: str, key: str, now: datetime) -> Outcome:
        """Take the coupon that the act under ``of`` gave off the subscription. Stripe ends coupons
        by itself, and a subscription that has ended has none."""
        with asking():
            there = _subscription(which, coupons=True)
            held = _discounts_of(there) if there["status"] not in _ENDED else {}
            left = {name: coupon for name, coupon in held.items() if coupon != _coupon(of)}
            if left != held:
                _update(which, {"discounts": _kept(left) or ""}, key)
        return Outcome("done", now)

    def pause(self, which: Subscription, *, until: datetime, key: str, now: datetime) -> Outcome:
        """Invoices of the pause are voided; collection resumes by itself."""
        resumes = int(until.astimezone(UTC).timestamp())
        with asking():
            there = _alive(which)
            if (there.get("pause_collection") or {}).get("resumes_at") != resumes:
                pause = {"behavior": "void", "resumes_at": resumes}
                _update(which, {"pause_collection": pause}, key)
        return Outcome("done", now)

    def resume(self, which: Subscription, *, key: str, now: datetime) -> Outcome:
        """Collect again from now on."""
        with asking():
            if _alive(which).get("pause_collection"):
                _update(which, {"pause_collection": ""}, key)
        return Outcome("done", now)

    def change_plan(self, which: Subscription, *, plan_id: str, key: str, now: datetime) -> Outcome:
        """Move the subscription's item to the price ``plan_id``; the rest of the period is credited
        or charged as Stripe prorates it."""
        with asking():
            there = _alive(which)
            items = (there.get("items") or {}).get("data") or []
            if len(items) != 1:
                raise Rejected(
                    f"the subscription has {len(items)} items: change its plan in Stripe"
                )
            if items[0]["price"]["id"] != plan_id:
                _release(there, key)
                move = [{"id": items[0]["id"], "price": plan_id}]
                _update(which, {"items": move, "proration_behavior": "create_prorations"}, key)
        return Outcome("done", now)


_COUPONS = "tenure-"
_ENDED = ("canceled", "incomplete_expired")


def _coupon(key: str) -> str:
    return _COUPONS + sha256(key.encode()).hexdigest()[:24]


def _discounts_of(there: Object) -> dict[str, str]:
    """The coupon of each discount, by the discount's id."""
    return {id_of(d): _coupon_of(d) for d in there.get("discounts") or []}


def _kept(discounts: Mapping[str, str]) -> list[dict[str, str]]:
    """Discounts that stay as they are: named by their coupon they would begin anew."""
    return [{"discount": name} for name in discounts if name]


def _coupon_of(discount: Any) -> str:
    if not isinstance(discount, Mapping):
        return ""
    coupon = (discount.get("source") or {}).get("coupon") or discount.get("coupon")
    return str(coupon.get("id") if isinstance(coupon, Mapping) else coupon or "")


def _under(key: str) -> Any:
    """Stripe takes keys of up to 255 characters."""
    return {"idempotency_key": key if len(key) <= 255 else sha256(key.encode()).hexdigest()}


def _subscription(which: Subscription, coupons: bool = False) -> Object:
    asked: Any = {"expand": ["discounts"]} if coupons else {}
    found: Object = client().v1.subscriptions.retrieve(which.subscription_id, asked).to_dict()
    return found


def _alive(which: Subscription, coupons: bool = False) -> Object:
    there = _subscription(which, coupons)
    if there["status"] in _ENDED:
        raise Rejected("the subscription has ended at Stripe")
    return there


def _release(there: Object, key: str) -> None:
    """Let go of a schedule: while one manages the subscription Stripe refuses to end it, and its
    next phase would undo a change of plan."""
    if schedule := id_of(there.get("schedule")):
        client().v1.subscription_schedules.release(schedule, {}, _under(f"{key}:release"))


def _portal(account_id: str, key: str) -> str:
    from tenure.connectors.stripe.state import customer_of

    with asking():
        asked: Any = {
            "customer": customer_of(account_id),
            "flow_data": {"type": "payment_method_update"},
        }
        made = client().v1.billing_portal.sessions.create(asked, _under(key))
    return str(made.url or "")


def _update(which: Subscription, changes: Any, key: str) -> None:
    client().v1.subscriptions.update(which.subscription_id, changes, _under(key))


def _declined(no: Any, now: datetime) -> Outcome:
    told = ((no.json_body or {}).get("error") or {}) if isinstance(no.json_body, Mapping) else {}
    code = told.get("decline_code") or no.code or ""
    return Outcome(
        "declined",
        now,
        str(no.user_message or no),
        str(told.get("charge") or ""),
        str(code),
        str(told.get("advice_code") or ""),
        str(told.get("network_decline_code") or ""),
    )


STRIPE = Stripe()
