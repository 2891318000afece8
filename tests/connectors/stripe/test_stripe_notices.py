"""Notices of Stripe's: signed, kept, read in any order, once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from connectors.stripe.stripe_things import (
    SECRET,
    START,
    charge,
    comes,
    customer,
    event,
    invoice,
    invoice_payment,
    signature,
    stamp,
    subscription,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.connectors.committer import Committer
from tenure.connectors.http import Ingestion
from tenure.connectors.intake import Answer
from tenure.connectors.models import StripeDay, StripeLink, StripeParked, StripeSeen, StripeTrouble
from tenure.connectors.stripe import ingest, intake, policy
from tenure.core import policy as policies
from tenure.facts.models import InboxRow
from tenure.facts.queries import rows_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = START + timedelta(days=20)


def latest(table: str, account: str = "cus_1", at: Any = LATER) -> list[dict[str, Any]]:
    return rows_of(table, account, at)


def test_a_signed_notice_is_kept_as_it_came() -> None:
    body = json.dumps(event("invoice.paid", invoice(), START)).encode()
    kept = intake.letter(body, signature(body, START), f"other {SECRET}", 300, START)
    assert (kept.body, kept.endpoint, kept.received_at) == (body, ingest.HELD, START)


@pytest.mark.parametrize(
    ("header", "late"),
    [
        ("", 0), ("t=1,v1=abc", 0), ("v1=abc", 0), ("t=x,v1=y", 0), ("t=9" * 40, 0),
        ("\xe9", 0), ("right", 301), ("right", -301), ("other secret", 0), ("other body", 0),
        ("t={t},v1=\xff\xfe", 0),
    ],
)  # fmt: skip
def test_a_forged_stale_or_broken_signature_is_refused(header: str, late: int) -> None:
    body = b'{"id": "evt_1"}'
    made = {
        "right": signature(body, START),
        "other secret": signature(body, START, "whsec_other"),
        "other body": signature(b"{}", START),
    }.get(header, header.replace("{t}", str(stamp(START))))
    with pytest.raises(Answer) as refused:
        intake.letter(body, made, SECRET, 300, START + timedelta(seconds=late))
    assert refused.value.status == 400


def test_a_body_that_is_no_text_is_refused_and_without_a_secret_stripe_is_told_to_come_again():
    with pytest.raises(Answer) as refused:
        intake.letter(b"\xff\xfe", signature(b"\xff\xfe", START), SECRET, 300, START)
    assert refused.value.status == 400
    with pytest.raises(Answer) as later:
        intake.letter(b"{}", "", "", 300, START)
    assert (later.value.status, later.value.retry_after) == (503, 3600)


@pytest.mark.django_db(transaction=True)
def test_over_http_a_notice_is_acknowledged_once_it_is_durable(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_STRIPE_WEBHOOK_SECRET", SECRET)
    body = json.dumps(event("invoice.paid", invoice(), START)).encode()
    committer = Committer()
    door = Ingestion(_nobody, committer, clock=lambda: START)

    def post(header: str) -> int:
        return asyncio.run(_post(door, body, header))

    assert post(signature(body, START)) == 200
    assert InboxRow.objects.filter(endpoint=ingest.HELD).count() == 1
    assert post("t=1,v1=0") == 400
    monkeypatch.delenv("TENURE_STRIPE_WEBHOOK_SECRET")
    assert post(signature(body, START)) == 503
    assert InboxRow.objects.count() == 1
    committer.stop()


async def _nobody(*_: Any) -> None:
    raise AssertionError("not for the pages")


async def _post(door: Ingestion, body: bytes, header: str) -> int:
    sent: list[Any] = []
    headers = [(b"stripe-signature", header.encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/stripe/webhook", "headers": headers,
             "query_string": b""}  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await door(scope, receive, send)
    return int(sent[0]["status"])


def test_a_failed_payment_comes_home_whatever_the_order(workspace: Any) -> None:
    comes(event("charge.failed", charge(), START), at=START)
    assert StripeParked.objects.count() == 1
    assert latest("payments") == []
    comes(event("invoice_payment.paid", invoice_payment(), START), at=START + HOUR)
    assert StripeParked.objects.count() == 1  # it may be a checkout: the invoice tells
    comes(event("invoice.payment_failed", invoice(), START), at=START + HOUR)
    assert StripeParked.objects.count() == 0
    (found,) = latest("payments")
    assert (found["invoice_id"], found["decline_code"]) == ("in_1", "insufficient_funds")
    assert not InboxRow.objects.exists()


def _checkout() -> list[dict[str, Any]]:
    """Notices of a checkout whose card was declined, and which then expired."""
    first = {"billing_reason": "subscription_create"}
    later = START + 23 * HOUR
    return [
        event("customer.subscription.created", subscription("incomplete"), START),
        event("invoice.finalized", invoice(**first), START),
        event("invoice_payment.created", invoice_payment(), START),
        event("charge.failed", charge(), START),
        event("invoice.payment_failed", invoice(**first), START),
        event("customer.subscription.updated", subscription("incomplete_expired"), later),
        event("invoice.voided", invoice("void", **first), later),
    ]


@given(st.permutations(range(7)), st.booleans())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_declined_checkout_says_nothing_whatever_the_order(order: list[int], old: bool) -> None:
    import tempfile

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as home:
        patch.setenv("TENURE_HOME", home)
        StripeLink.objects.all().delete()
        StripeSeen.objects.all().delete()
        notices = _checkout()
        if old:  # an API in which a charge names its invoice
            notices[3] = event("charge.failed", charge(invoice="in_1"), START)
        for n, place in enumerate(order):
            comes(notices[place], notices[place], at=START + 23 * HOUR + n * timedelta(minutes=1))
        for table in ("subscriptions", "invoices", "payments"):
            assert latest(table) == []
        assert not StripeParked.objects.exists()


def test_a_checkout_that_is_paid_in_the_end_is_a_payment_like_any_other(workspace: Any) -> None:
    comes(*_checkout()[:5], at=START)
    moves = {"paid_at": stamp(START + HOUR)}
    paid = invoice("paid", billing_reason="subscription_create", moves=moves)
    comes(
        event("charge.succeeded", charge("succeeded", START + HOUR, id="ch_2"), START + HOUR),
        event("invoice.paid", paid, START + HOUR),
        event("customer.subscription.updated", subscription(), START + HOUR),
        at=START + HOUR,
    )
    assert latest("invoices")[0]["paid_at"] == START + HOUR
    assert [p["status"] for p in latest("payments")] == ["succeeded"]
    assert latest("subscriptions")[0]["status"] == "active"


def test_a_renewal_that_is_declined_is_told_whatever_came_first(workspace: Any) -> None:
    renewal = invoice(billing_reason="subscription_cycle")
    comes(event("charge.failed", charge(invoice="in_1"), START), at=START)
    comes(event("invoice.payment_failed", renewal, START), at=START)
    assert [p["status"] for p in latest("payments")] == ["failed"]
    assert len(latest("invoices")) == 1


def test_what_waits_too_long_goes_on_without(workspace: Any) -> None:
    comes(event("charge.failed", charge(), START), at=START)
    comes(at=START + timedelta(hours=25))
    (found,) = latest("payments")
    assert found["invoice_id"] is None


def test_the_same_notice_twice_is_one_fact(workspace: Any) -> None:
    one = event("customer.subscription.created", subscription(), START)
    comes(one, one, at=START)
    comes(one, at=START + HOUR)
    assert len(latest("subscriptions")) == 1


def test_an_old_word_on_an_invoice_does_not_unpay_it(workspace: Any) -> None:
    paid = invoice("paid", moves={"paid_at": stamp(START + HOUR)})
    comes(event("invoice.paid", paid, START + HOUR), at=START + HOUR)
    comes(event("invoice.payment_failed", invoice(), START), at=START + 2 * HOUR)
    (found,) = latest("invoices")
    assert found["paid_at"] == START + HOUR
    # of the same second the state that is further on holds
    comes(event("invoice.updated", invoice("open"), START + HOUR), at=START + 3 * HOUR)
    assert latest("invoices")[0]["paid_at"] == START + HOUR


CHANGES = [
    ("trialing", 0), ("active", 1), ("past_due", 2), ("active", 3), ("paused", 4), ("active", 5),
    ("canceled", 6),
]  # fmt: skip


@given(st.permutations(range(len(CHANGES))))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_of_notices_the_newest_state_holds(order: list[int]) -> None:
    import tempfile

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as home:
        patch.setenv("TENURE_HOME", home)
        for n, place in enumerate(order):
            status, day = CHANGES[place]
            ended = stamp(START + timedelta(days=day)) if status == "canceled" else None
            told = subscription(status, ended_at=ended)
            comes(
                event("customer.subscription.updated", told, START + timedelta(days=day)),
                at=START + timedelta(days=7, hours=n),
            )
        (found,) = latest("subscriptions")
        assert found["status"] == "cancelled"
        assert found["ended_at"] == START + timedelta(days=6)


def test_an_account_id_of_yours_is_waited_for(workspace: Any) -> None:
    text = policies.text(policy.DOCUMENT).replace(
        'account_metadata = ""', 'account_metadata = "tenant"'
    )
    policies.save(policy.DOCUMENT, text, "alice", "", START)
    comes(event("customer.subscription.created", subscription(), START), at=START)
    assert latest("subscriptions", "acme") == []
    told = customer(metadata={"tenant": "acme"})
    comes(event("customer.created", told, START), at=START + HOUR)
    assert [r["subscription_id"] for r in latest("subscriptions", "acme")] == ["sub_1"]
    assert latest("accounts", "acme")[0]["name"] == "Acme"


def test_kinds_that_mean_nothing_are_counted_and_broken_ones_kept(workspace: Any) -> None:
    broken = event("customer.subscription.updated", {"object": "subscription"}, START)
    del broken["data"]
    comes(event("payout.paid", {"object": "payout", "id": "po_1"}, START), broken, at=START)
    (day,) = StripeDay.objects.all()
    assert (day.kind, day.used, day.count) == ("payout.paid", False, 1)
    trouble = StripeTrouble.objects.get()
    assert (trouble.event_id, "KeyError" in trouble.error) == (broken["id"], True)
    assert ingest.read_again(trouble.event_id, START) is False  # still broken, still there
    whole = event("customer.subscription.updated", subscription(), START, broken["id"])
    StripeTrouble.objects.update(body=json.dumps(whole).encode())
    assert ingest.read_again(trouble.event_id, START)
    assert not StripeTrouble.objects.exists()


@pytest.mark.parametrize("turned", [False, True])
def test_an_end_holds_against_a_change_of_its_second_whichever_arrives_first(turned: bool) -> None:
    at = START + HOUR
    change = event("customer.subscription.updated", subscription(), at)
    end = event(
        "customer.subscription.deleted",
        subscription(status="canceled", ended_at=stamp(at), canceled_at=stamp(at)), at,
    )  # fmt: skip
    for number, one in enumerate([end, change] if turned else [change, end]):
        comes(one, at=at + timedelta(seconds=10 * number))
    (row,) = latest("subscriptions")
    assert (row["status"], row["ended_at"]) == ("cancelled", at)
