"""Stripe's objects as rows: amounts, shapes of today and before, what they wait for."""

from __future__ import annotations

import doctest
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from connectors.stripe.stripe_things import (
    START,
    charge,
    customer,
    invoice,
    invoice_payment,
    old_subscription,
    price,
    stamp,
    subscription,
)
from hypothesis import given
from hypothesis import strategies as st

from tenure.connectors.stripe import money, objects
from tenure.connectors.stripe.objects import Known, Translation

NOTHING = Known()


def row(thing: dict[str, Any], known: Known = NOTHING) -> dict[str, Any]:
    told = objects.translated(thing, START, known)
    assert told is not None
    ((_, found),) = told.rows
    return found


def test_the_examples_work() -> None:
    assert doctest.testmod(money).failed == 0


@pytest.mark.parametrize(
    ("recurring", "amount", "expected"),
    [
        ({"interval": "month"}, 4900, "4900"),
        ({"interval": "month", "interval_count": 3}, 9000, "3000"),
        ({"interval": "year"}, 120000, "10000"),
        ({"interval": "year", "interval_count": 2}, 240000, "10000"),
        # 365 days in twelve months are 30 5/12 days, or 4.345238 weeks, in one
        ({"interval": "week"}, 840, "3650"),
        ({"interval": "day"}, 12, "365"),
        ({"interval": "month", "usage_type": "metered"}, 4900, "0"),
    ],
)
def test_any_rhythm_becomes_a_month(recurring, amount, expected) -> None:
    found = money.monthly({"price": price(amount, recurring=recurring), "quantity": 1})
    assert found == Decimal(expected)


@given(st.integers(0, 10**9), st.sampled_from(["USD", "JPY", "KWD", "ISK", "MGA", "EUR"]))
def test_money_is_worth_the_same_in_our_units(amount: int, currency: str) -> None:
    theirs = {"JPY": 0, "MGA": 0, "KWD": 3}.get(currency, 2)
    ours = {"JPY": 0, "KWD": 3, "ISK": 0}.get(currency, 2)
    worth = Decimal(amount).scaleb(-theirs)
    assert abs(Decimal(money.minor(amount, currency)).scaleb(-ours) - worth) <= Decimal("0.5")


def test_a_subscription_of_today() -> None:
    found = row(subscription(quantity=3, discounts=[
        {"source": {"type": "coupon", "coupon": {"percent_off": 20, "duration": "repeating"}}}
    ]))  # fmt: skip
    assert (found["subscription_id"], found["account_id"]) == ("sub_1", "cus_1")
    assert (found["mrr_minor"], found["currency"], found["quantity"]) == (11760, "EUR", 3)
    assert (found["status"], found["plan_id"]) == ("active", "price_1")
    assert found["renews_at"] == START + timedelta(days=30)
    assert (found["ended_at"], found["updated_at"]) == (None, START)
    assert found["properties"]["coupon"] == {"percent": 20}


def test_a_subscription_of_an_older_api() -> None:
    found = row(old_subscription())
    assert (found["mrr_minor"], found["currency"]) == (18000, "USD")  # 2 x 1,200 / 12, less 10 %
    assert found["renews_at"] == START + timedelta(days=365)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pause_collection": {"behavior": "void"}}, {"status": "paused"}),
        ({"status": "unpaid"}, {"status": "past_due"}),
        ({"cancel_at_period_end": True},
         {"status": "active", "ended_at": START + timedelta(days=30)}),
        ({"status": "canceled", "ended_at": stamp(START),
          "cancellation_details": {"reason": "payment_failed"}},
         {"status": "cancelled", "ended_at": START, "end_reason": "involuntary"}),
        ({"status": "canceled", "ended_at": stamp(START),
          "cancellation_details": {"reason": "cancellation_requested"}},
         {"end_reason": "voluntary"}),
        ({"status": "canceled", "ended_at": stamp(START), "cancellation_details": {
            "reason": "cancellation_requested", "comment": "Tenure: involuntary"}},
         {"end_reason": "involuntary"}),
    ],
)  # fmt: skip
def test_states_and_ends(changes, expected) -> None:
    found = row(subscription(**changes))
    assert {k: found[k] for k in expected} == expected


def test_what_has_not_begun_is_not_told() -> None:
    for thing in (subscription("incomplete"), invoice("draft"), charge("pending")):
        told = objects.translated(thing, START, NOTHING)
        assert told is not None
        assert told.rows == []
    assert objects.translated({"object": "payout", "id": "po_1"}, START, NOTHING) is None


def test_an_invoice_paid_and_an_older_one() -> None:
    paid = row(invoice("paid", moves={"paid_at": stamp(START + timedelta(hours=1))}))
    assert paid["paid_at"] == START + timedelta(hours=1)
    assert (paid["subscription_id"], paid["amount_minor"]) == ("sub_1", 4900)
    older = row(invoice(parent=None, subscription="sub_9"))
    assert older["subscription_id"] == "sub_9"
    assert row(invoice("void", moves={"voided_at": stamp(START)}))["voided_at"] == START


def test_a_charge_says_why_it_failed_and_waits_for_its_invoice() -> None:
    assert objects.translated(charge(), START, NOTHING) == Translation(needs="pi:pi_1")
    learned = objects.translated(invoice_payment(), START, NOTHING)
    assert learned is not None
    assert learned.links == {"pi:pi_1": "in_1"}
    assert objects.translated(charge(), START, Known(learned.links)) == Translation(needs="in:in_1")
    renewal = objects.translated(invoice(billing_reason="subscription_cycle"), START, NOTHING)
    assert renewal is not None
    assert renewal.links == {"in:in_1": "subscription_cycle"}
    found = row(charge(), Known(learned.links | renewal.links))
    assert (found["invoice_id"], found["status"]) == ("in_1", "failed")
    assert found["decline_code"] == "insufficient_funds"
    assert found["properties"] == {
        "card": "fp_1", "network": "visa", "advice_code": "try_again_later", "network_code": "51",
    }  # fmt: skip
    assert (
        row(charge(invoice="in_7"), Known({"in:in_7": "-"}))["invoice_id"] == "in_7"
    )  # as it was before 2025
    assert row(charge(), Known(patient=False))["invoice_id"] is None
    expired = charge(failure_code="expired_card", outcome={}, invoice="in_1")
    assert row(expired, Known(renewal.links))["decline_code"] == "expired_card"


def test_accounts_are_customers_or_what_their_metadata_names() -> None:
    named = Known(account_metadata="tenant")
    told = objects.translated(customer(metadata={"tenant": "acme"}), START, named)
    assert told is not None
    assert told.links == {"cus:cus_1": "acme"}
    assert told.rows[0][1]["account_id"] == "acme"
    waiting = objects.translated(subscription(), START, named)
    assert waiting == Translation(needs="cus:cus_1")
    assert row(subscription(), Known(told.links, "tenant"))["account_id"] == "acme"
    own = subscription(metadata={"tenant": "bolt"})
    assert row(own, named)["account_id"] == "bolt"
    assert row(customer())["account_id"] == "cus_1"


def test_prices_become_plans_and_one_off_prices_do_not() -> None:
    found = row(price())
    assert (found["plan_id"], found["price_minor"], found["interval"]) == ("price_1", 4900, "month")
    one_off = objects.translated({"object": "price", "id": "p", "unit_amount": 1}, START, NOTHING)
    assert one_off == Translation()


def card_on_file(**more: Any) -> dict[str, Any]:
    card = {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2027, "fingerprint": "f"}
    return {"id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1",
            "card": card | more.pop("card", {}), **more}  # fmt: skip


def test_a_card_on_file_is_told_with_its_date_and_never_a_number() -> None:
    told = objects.translated(card_on_file(), START, NOTHING)
    assert told is not None
    ((table, found),) = told.rows
    assert (table, found["card_id"], found["account_id"]) == ("cards", "pm_1", "cus_1")
    assert (found["status"], found["exp_month"], found["exp_year"]) == ("active", 4, 2027)
    assert told.links == {"pm:pm_1": "cus_1"}
    renewed = row(card_on_file(card={"exp_year": 2030}))  # as the card updater tells it
    assert renewed["exp_year"] == 2030


def test_a_card_that_was_taken_away_is_told_by_the_link_that_is_known() -> None:
    gone = card_on_file(customer=None)
    assert row(gone, Known({"pm:pm_1": "acme"}))["status"] == "removed"
    told = objects.translated(gone, START, NOTHING)
    assert told is not None
    assert told.rows == []
    other = objects.translated({**card_on_file(), "type": "sepa_debit"}, START, NOTHING)
    assert other is not None
    assert other.rows == []


def test_a_charge_tells_of_the_card_it_was_made_with() -> None:
    details = {"card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2027}}
    thing = charge(payment_method="pm_1", payment_method_details=details, invoice="in_1")
    told = objects.translated(thing, START, Known({"in:in_1": "subscription_cycle"}))
    assert told is not None
    assert [table for table, _ in told.rows] == ["payments", "cards"]
    assert told.rows[1][1]["updated_at"] == told.rows[0][1]["attempted_at"]
