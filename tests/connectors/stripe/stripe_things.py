"""Objects and notices in Stripe's shapes, and the signature of a notice."""

from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from tenure.connectors.stripe import ingest
from tenure.facts.inbox import RawRequest, store
from tenure.facts.periodic_tasks import flush_now

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "whsec_of_a_test"
_number = count(1)


def stamp(moment: datetime) -> int:
    return int(moment.timestamp())


def price(amount: int = 4900, interval: str = "month", **more: Any) -> dict[str, Any]:
    recurring = {"interval": interval, "interval_count": 1, "usage_type": "licensed"}
    recurring |= more.pop("recurring", {})
    return {
        "id": "price_1", "object": "price", "currency": "eur", "unit_amount": amount,
        "unit_amount_decimal": str(amount), "product": "prod_1", "nickname": "Pro",
        "recurring": recurring, **more,
    }  # fmt: skip


def subscription(status: str = "active", quantity: int = 1, **more: Any) -> dict[str, Any]:
    """As the API has had it since 2025: the period stands on the items."""
    item = {
        "id": "si_1", "object": "subscription_item", "price": more.pop("price", price()),
        "quantity": quantity, "current_period_end": stamp(START + timedelta(days=30)),
    }  # fmt: skip
    return {
        "id": "sub_1", "object": "subscription", "customer": "cus_1", "currency": "eur",
        "status": status, "items": {"object": "list", "data": [item]}, "discounts": [],
        "start_date": stamp(START), "created": stamp(START), "cancel_at": None, "ended_at": None,
        "cancel_at_period_end": False, "cancellation_details": {"reason": None},
        "pause_collection": None, "metadata": {}, **more,
    }  # fmt: skip


def old_subscription(**more: Any) -> dict[str, Any]:
    """As it was before: plan, one discount, the period on the subscription itself."""
    plan = {"id": "plan_old", "object": "plan", "amount": 120000, "currency": "usd",
            "interval": "year", "interval_count": 1, "usage_type": "licensed"}  # fmt: skip
    return {
        "id": "sub_old", "object": "subscription", "customer": "cus_1", "status": "active",
        "items": {"data": [{"id": "si_old", "plan": plan, "quantity": 2}]},
        "start_date": stamp(START), "current_period_end": stamp(START + timedelta(days=365)),
        "discount": {"coupon": {"percent_off": 10, "duration": "forever"}}, **more,
    }  # fmt: skip


def invoice(status: str = "open", **more: Any) -> dict[str, Any]:
    moves = {"finalized_at": stamp(START), "paid_at": None, "voided_at": None,
             "marked_uncollectible_at": None}  # fmt: skip
    return {
        "id": "in_1", "object": "invoice", "customer": "cus_1", "currency": "eur",
        "status": status, "amount_due": 4900, "created": stamp(START), "due_date": None,
        "number": "A-1", "status_transitions": moves | more.pop("moves", {}),
        "parent": {"type": "subscription_details",
                   "subscription_details": {"subscription": "sub_1"}}, **more,
    }  # fmt: skip


def charge(status: str = "failed", at: datetime = START, **more: Any) -> dict[str, Any]:
    failed = status == "failed"
    return {
        "id": "ch_1", "object": "charge", "customer": "cus_1", "currency": "eur", "amount": 4900,
        "status": status, "created": stamp(at), "payment_intent": "pi_1",
        "failure_code": "card_declined" if failed else None,
        "outcome": {"reason": "insufficient_funds", "network_decline_code": "51",
                    "advice_code": "try_again_later"} if failed else {"type": "authorized"},
        "payment_method_details": {"card": {"brand": "visa", "network": "visa",
                                            "fingerprint": "fp_1"}}, **more,
    }  # fmt: skip


def invoice_payment(intent: str = "pi_1", of: str = "in_1") -> dict[str, Any]:
    return {
        "id": "inpay_1", "object": "invoice_payment", "invoice": of,
        "payment": {"type": "payment_intent", "payment_intent": intent},
    }  # fmt: skip


def customer(**more: Any) -> dict[str, Any]:
    return {
        "id": "cus_1", "object": "customer", "name": "Acme", "email": "ann@acme.example",
        "created": stamp(START), "address": {"country": "DE"}, "metadata": {}, **more,
    }  # fmt: skip


def event(kind: str, thing: dict[str, Any], at: datetime, name: str = "") -> dict[str, Any]:
    return {
        "id": name or f"evt_{next(_number)}", "object": "event", "type": kind,
        "created": stamp(at), "api_version": "2026-10-28.endive", "data": {"object": thing},
    }  # fmt: skip


def signature(body: bytes, at: datetime, secret: str = SECRET) -> str:
    signed = f"{stamp(at)}.".encode() + body
    return f"t={stamp(at)},v1={hmac.new(secret.encode(), signed, sha256).hexdigest()}"


def comes(*events: dict[str, Any], at: datetime) -> None:
    """Notices come in and are landed."""
    store([
        RawRequest(at, ingest.SOURCE, ingest.HELD, json.dumps(one).encode()) for one in events
    ])  # fmt: skip
    flush_now(at + timedelta(seconds=1))
