"""Stripe's objects as rows of our tables. Pure: what is known of links is handed in.

Reads today's shapes and older ones: a subscription's period stands on it or on its items, an
invoice names its subscription itself or through its parent, a charge names its invoice or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, overload

from tenure.connectors.billing import discounts
from tenure.connectors.stripe import money, pricing

Object = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Translation:
    """What an object says: ``rows`` by table; ``links`` learned from it (``cus:…`` to an account,
    ``pi:…`` to an invoice, ``in:…``, an invoice, to why it was made); ``parts`` of other objects
    learned from it (see ``Known``); ``needs``: a link or part it cannot be told without."""

    rows: list[tuple[str, Row]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Object] = field(default_factory=dict)
    needs: str = ""


@dataclass(frozen=True)
class Known:
    """What is known beside the object: ``links`` as in ``Told``; ``parts``, which an object only
    names: discounts (``di:…``), coupons with the products they are for (``coupon:…``) and tiered
    prices with their tiers (``price:…``); ``account_metadata`` of policy; ``patient``: wait for
    what is missing, rather than go on without; ``can_ask``: what is missing can be fetched."""

    links: Mapping[str, str] = field(default_factory=dict)
    account_metadata: str = ""
    patient: bool = True
    parts: Mapping[str, Object] = field(default_factory=dict)
    can_ask: bool = False


class _Missing(Exception):  # noqa: N818 - says what is so
    """A link or part has to be known first."""


def translated(thing: Object, at: datetime, known: Known) -> Translation | None:
    """What ``thing`` says as of ``at``; None for kinds of objects that mean nothing to us."""
    tell = _KINDS.get(str(thing.get("object") or ""))
    if tell is None:
        return None
    try:
        return tell(thing, at, known)
    except _Missing as missing:
        return Translation(needs=str(missing))


@overload
def at_of(seconds: int) -> datetime: ...
@overload
def at_of(seconds: Any) -> datetime | None: ...
def at_of(seconds: Any) -> datetime | None:
    """A moment of Stripe's (seconds since 1970)."""
    return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)


def id_of(thing: Any) -> str:
    """The id of an object, which may stand for itself or be opened."""
    return str((thing.get("id") if isinstance(thing, Mapping) else thing) or "")


def account_of(thing: Object, known: Known) -> str:
    """Whose the object is: its customer, or the account id that the customer's metadata names."""
    customer = thing.get("customer")
    key = known.account_metadata
    if not key:
        return id_of(customer)
    for place in (thing, customer):
        named = (place.get("metadata") or {}).get(key) if isinstance(place, Mapping) else None
        if named:
            return str(named)
    link = f"cus:{id_of(customer)}"
    if link not in known.links and known.patient:
        raise _Missing(link)
    return known.links.get(link) or id_of(customer)


def _customer(thing: Object, at: datetime, known: Known) -> Translation:
    key, name = known.account_metadata, id_of(thing)
    account = str((thing.get("metadata") or {}).get(key) or name) if key else name
    links = {f"cus:{name}": account} if key else {}
    if thing.get("deleted"):
        return Translation(links=links)
    address = thing.get("address") or {}
    row = {
        "account_id": account,
        "updated_at": at,
        "name": thing.get("name") or thing.get("email"),
        "created_at": at_of(thing.get("created")),
        "country": address.get("country"),
        "properties": {"stripe_customer": name},
    }
    return Translation([("accounts", row)], links)


def _price(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    recurring = thing.get("recurring") or thing
    interval = recurring.get("interval")
    if interval is None:
        return Translation()  # a one-off price is no plan
    product = thing.get("product")
    title = thing.get("nickname") or (product.get("name") if isinstance(product, Mapping) else "")
    currency = str(thing.get("currency") or "").upper()
    amount = thing.get("unit_amount", thing.get("amount"))
    count = recurring.get("interval_count") or 1
    row = {
        "plan_id": id_of(thing),
        "updated_at": at,
        "name": title or id_of(thing),
        "price_minor": None if amount is None else money.minor(amount, currency),
        "currency": currency,
        "interval": interval if interval in ("month", "year") and count == 1 else None,
        "properties": {"product": id_of(product), "every": f"{count} {interval}"},
    }
    parts = {f"price:{id_of(thing)}": thing} if thing.get("tiers") else {}
    return Translation([("plans", row)], parts=parts)


def _discount(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    return Translation(parts={f"di:{id_of(thing)}": thing})


def _coupon(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    # Without the products it is for it is no more than what a discount says of it.
    return Translation(parts={f"coupon:{id_of(thing)}": thing} if "applies_to" in thing else {})


STATES = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "canceled": "cancelled",
    "paused": "paused",
}
CHECKOUT = "subscription_create"
"""Why an invoice was made: the first of a subscription, which begins once it is paid."""
LAST_OF_SECOND = timedelta(microseconds=999_999)
OURS = "Tenure: "
"""Begins the comment of a cancellation that Tenure carried out; the reason follows."""
_REASONS = {
    "cancellation_requested": "voluntary",
    "payment_failed": "involuntary",
    "payment_disputed": "involuntary",
}


def items_of(thing: Object) -> list[Object]:
    """The items of a subscription."""
    return list((thing.get("items") or {}).get("data") or [])


def _subscription(thing: Object, at: datetime, known: Known) -> Translation:
    status = STATES.get(str(thing.get("status")))
    if status is None:
        return Translation()  # not begun: its first payment has not been made
    # Stripe's moments are whole seconds, and nothing comes after an end: it is the last of its own.
    when = at + LAST_OF_SECOND if status == "cancelled" and thing.get("ended_at") else at
    row = subscription_row(thing, when, status, known)
    return Translation([("subscriptions", row)], parts=pricing.parts_in(thing))


def subscription_row(thing: Object, at: datetime, status: str, known: Known) -> Row:
    """A subscription in a state since ``at``."""
    items = items_of(thing)
    first: Object = items[0] if items else {}
    price = first.get("price") or first.get("plan") or {}
    currency = str(thing.get("currency") or price.get("currency") or "").upper()
    if thing.get("pause_collection") and status in ("active", "past_due"):
        status = "paused"
    ended = at_of(thing.get("ended_at") or _planned_end(thing))
    return {
        "subscription_id": id_of(thing),
        "account_id": account_of(thing, known),
        "updated_at": at,
        "plan_id": id_of(price),
        "status": status,
        "quantity": first.get("quantity"),
        "mrr_minor": pricing.mrr(thing, items, currency, at, known.parts, _needed(known)),
        "currency": currency,
        "started_at": at_of(thing.get("start_date") or thing.get("created")),
        "renews_at": at_of(_period_end(thing)),
        "ended_at": ended,
        "end_reason": _reason(thing) if ended else None,
        "properties": _further(thing, items, currency, at, known),
    }


def _needed(known: Known) -> pricing.Needed:
    """What is done about a part that is not known: whoever is patient waits for it, if it matters
    or can be fetched."""

    def needed(name: str, essential: bool) -> None:
        if known.patient and (essential or known.can_ask):
            raise _Missing(name)

    return needed


def _reason(thing: Object) -> str | None:
    """Why it ended. To Stripe every cancellation over the API is one that was requested; those of
    our own say in their comment what they were (see ``stripe.billing``)."""
    details = thing.get("cancellation_details") or {}
    comment = str(details.get("comment") or "")
    if (said := comment.removeprefix(OURS)) in _REASONS.values() and said != comment:
        return said
    return _REASONS.get(str(details.get("reason")))


def _planned_end(thing: Object) -> Any:
    if thing.get("cancel_at"):
        return thing["cancel_at"]
    return _period_end(thing) if thing.get("cancel_at_period_end") else None


def _period_end(thing: Object) -> Any:
    own = thing.get("current_period_end")
    ends = [i["current_period_end"] for i in items_of(thing) if i.get("current_period_end")]
    return own or min(ends, default=None)


def _further(
    thing: Object, items: list[Object], currency: str, at: datetime, known: Known
) -> dict[str, Any]:
    kinds = {
        str(((i.get("price") or {}).get("recurring") or {}).get("usage_type") or "licensed")
        for i in items
    }
    told = {
        **discounts.written(pricing.discounts(thing, items, currency, at, known.parts)),
        "metered": True if "metered" in kinds else None,
        "items": len(items) if len(items) > 1 else None,
        "stripe_customer": id_of(thing.get("customer")),
    }
    return {k: v for k, v in told.items() if v is not None}


def _invoice(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    links = _payments_in(thing) | {f"in:{id_of(thing)}": str(thing.get("billing_reason") or "-")}
    if thing.get("status") in (None, "draft") or _is_checkout(thing):
        return Translation(links=links)
    moves = thing.get("status_transitions") or {}
    currency = str(thing.get("currency") or "").upper()
    gone = moves.get("voided_at") or moves.get("marked_uncollectible_at")
    row = {
        "invoice_id": id_of(thing),
        "account_id": account_of(thing, known),
        "subscription_id": _subscription_of(thing) or None,
        "issued_at": at_of(moves.get("finalized_at") or thing.get("created")),
        "due_at": at_of(thing.get("due_date")),
        "paid_at": at_of(moves.get("paid_at")),
        "voided_at": at_of(gone),
        "amount_minor": money.minor(thing.get("amount_due") or 0, currency),
        "currency": currency,
        "properties": {
            "number": thing.get("number"),
            "stripe_status": thing.get("status"),
            "billing_reason": thing.get("billing_reason"),
        },
    }
    return Translation([("invoices", row)], links)


def _is_checkout(thing: Object) -> bool:
    """Whether it is the first invoice of a subscription that has not begun: nobody owes it. Once
    it is paid, it is an invoice like any other."""
    return thing.get("billing_reason") == CHECKOUT and thing.get("status") != "paid"


def _subscription_of(thing: Object) -> str:
    details = (thing.get("parent") or {}).get("subscription_details") or {}
    return id_of(thing.get("subscription") or details.get("subscription"))


def _payments_in(thing: Object) -> dict[str, str]:
    parts = (thing.get("payments") or {}).get("data") or []
    made = [(one.get("payment") or {}).get("payment_intent") for one in parts]
    intents = [id_of(one) for one in (thing.get("payment_intent"), *made)]
    return {f"pi:{i}": id_of(thing) for i in intents if i}


def _invoice_payment(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    intent = id_of((thing.get("payment") or {}).get("payment_intent"))
    return Translation(links={f"pi:{intent}": id_of(thing.get("invoice"))} if intent else {})


def _charge(thing: Object, at: datetime, known: Known) -> Translation:  # noqa: ARG001
    status = {"succeeded": "succeeded", "failed": "failed"}.get(str(thing.get("status")))
    if status is None:
        return Translation()  # still on its way
    invoice, intent = id_of(thing.get("invoice")), id_of(thing.get("payment_intent"))
    if not invoice and intent:
        link = f"pi:{intent}"
        if link not in known.links and known.patient:
            raise _Missing(link)
        invoice = known.links.get(link, "")
    if invoice and status == "failed":
        reason = f"in:{invoice}"
        if reason not in known.links and known.patient:
            raise _Missing(reason)
        if known.links.get(reason) == CHECKOUT:
            return Translation()  # somebody who tried to buy: no customer, and nothing to collect
    outcome = thing.get("outcome") or {}
    card = (thing.get("payment_method_details") or {}).get("card") or {}
    currency = str(thing.get("currency") or "").upper()
    properties = {
        "card": card.get("fingerprint"),
        "network": card.get("network") or card.get("brand"),
        "advice_code": outcome.get("advice_code") or outcome.get("network_advice_code"),
        "network_code": outcome.get("network_decline_code"),
    }
    row = {
        "payment_id": id_of(thing),
        "account_id": account_of(thing, known),
        "invoice_id": invoice or None,
        "attempted_at": at_of(thing.get("created")),
        "status": status,
        "decline_code": _decline(thing) if status == "failed" else None,
        "amount_minor": money.minor(thing.get("amount") or 0, currency),
        "currency": currency,
        "properties": {k: v for k, v in properties.items() if v},
    }
    return Translation([("payments", row), *_card_of(thing, card, row)])


def _card_of(thing: Object, card: Object, payment: Row) -> list[tuple[str, Row]]:
    """The card that was charged, so that cards that were there before Tenure are known, too."""
    name = id_of(thing.get("payment_method"))
    if not name or not card.get("exp_year") or not id_of(thing.get("customer")):
        return []
    return [("cards", _card_row(name, card, payment["account_id"], payment["attempted_at"]))]


def _card_row(name: str, card: Object, account: str, at: datetime | None) -> Row:
    return {
        "card_id": name,
        "account_id": account,
        "updated_at": at,
        "status": "active",
        "network": card.get("brand"),
        "last4": card.get("last4"),
        "exp_month": card.get("exp_month"),
        "exp_year": card.get("exp_year"),
        "properties": {"fingerprint": card["fingerprint"]} if card.get("fingerprint") else {},
    }


def _payment_method(thing: Object, at: datetime, known: Known) -> Translation:
    """A card on file. One that was taken away names its customer no more: the link tells."""
    name, card = id_of(thing), thing.get("card") or {}
    if thing.get("type") != "card" or not card:
        return Translation()
    gone = not thing.get("customer")
    account = known.links.get(f"pm:{name}") if gone else account_of(thing, known)
    if not account:
        return Translation()
    row = _card_row(name, card, account, at) | {"status": "removed" if gone else "active"}
    return Translation([("cards", row)], {} if gone else {f"pm:{name}": account})


def _decline(thing: Object) -> str | None:
    """The decline code; ``card_declined`` says less than the reason behind it."""
    code = thing.get("failure_code")
    reason = (thing.get("outcome") or {}).get("reason")
    return reason if code in (None, "card_declined") and reason else code


_KINDS: dict[str, Callable[[Object, datetime, Known], Translation]] = {
    "customer": _customer,
    "price": _price,
    "plan": _price,
    "subscription": _subscription,
    "invoice": _invoice,
    "invoice_payment": _invoice_payment,
    "charge": _charge,
    "coupon": _coupon,
    "discount": _discount,
    "payment_method": _payment_method,
}
