"""One contract, several billing systems: the ledger, and Stripe through its official SDK."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from connectors.stripe.fake_stripe import FakeStripe, fake_stripe

from tenure.connectors.billing.contract import (
    BILLING,
    Billing,
    Rejected,
    Subscription,
    Unavailable,
    billing,
)
from tenure.connectors.posted import accepting
from tenure.connectors.stripe import client, objects
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import rows_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONE = Subscription("sub_1", "acme")
LATER = NOW + timedelta(days=1)


@pytest.fixture
def stripe(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    with fake_stripe() as fake:
        monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_test_1")
        monkeypatch.setenv("TENURE_STRIPE_API", fake.address)
        client._client.cache_clear()
        text = client.policy.DEFAULT.read_text("utf-8").replace("retries = 2 ", "retries = 0 ")
        from tenure.core import policy

        policy.save(client.policy.DOCUMENT, text, "test", "", NOW)
        fake.sells()
        fake.bills()
        yield fake
        client._client.cache_clear()


class Seen:
    """What a billing system holds of the subscription, in the words of the contract."""

    def __init__(self, name: str, fake: FakeStripe) -> None:
        self.system: Billing = billing(name)
        self.fake, self.name = fake, name

    def row(self) -> dict[str, Any]:
        flush_now(LATER)
        (found,) = rows_of("subscriptions", "acme", LATER)
        return found

    @property
    def there(self) -> dict[str, Any]:
        return self.fake.subscriptions["sub_1"]

    def state(self) -> str:
        if self.name == "ledger":
            return str(self.row()["status"])
        if self.there["status"] == "canceled":
            return "cancelled"
        return "paused" if self.there["pause_collection"] else "active"

    def plan(self) -> str:
        if self.name == "ledger":
            return str(self.row()["plan_id"])
        return str(self.there["items"]["data"][0]["price"]["id"])

    def percent(self) -> int:
        if self.name == "ledger":
            import json

            told = json.loads(self.row()["properties"] or "{}")
            return int((told.get("coupon") or {}).get("percent") or 0)
        given = [d["source"]["coupon"] for d in self.there["discounts"]]
        return sum(int(self.fake.coupons[c]["percent_off"]) for c in given)


@pytest.fixture(params=sorted(BILLING))
def seen(request: Any, stripe: FakeStripe) -> Seen:
    row = {"subscription_id": "sub_1", "account_id": "acme", "status": "active",
           "plan_id": "price_1", "mrr_minor": 4900, "currency": "EUR",
           "started_at": "2026-01-01T00:00:00Z", "renews_at": "2026-04-01T00:00:00Z"}  # fmt: skip
    assert not accepting.take("subscriptions", [row], source="t", backfill=True, now=NOW)
    flush_now(NOW)
    return Seen(request.param, stripe)


def test_every_system_has_its_name_and_says_what_it_did(seen: Seen) -> None:
    assert seen.system.name == seen.name
    assert seen.system.pause(ONE, until=LATER, key="k", now=NOW).what == "done"


def test_a_pause_and_its_end(seen: Seen) -> None:
    seen.system.pause(ONE, until=NOW + timedelta(days=30), key="p", now=NOW)
    assert seen.state() == "paused"
    seen.system.resume(ONE, key="r", now=NOW + timedelta(hours=1))
    assert seen.state() == "active"
    seen.system.resume(ONE, key="r2", now=NOW + timedelta(hours=2))  # stays as it is
    assert seen.state() == "active"


def test_a_coupon_once_for_its_key_and_taken_off_again(seen: Seen) -> None:
    for _ in range(2):
        seen.system.apply_coupon(ONE, percent=25, months=3, key="c", now=NOW)
    assert seen.percent() == 25
    seen.system.remove_coupon(ONE, of="another", key="w", now=NOW + timedelta(hours=1))
    assert seen.percent() == 25
    for _ in range(2):
        seen.system.remove_coupon(ONE, of="c", key="x", now=NOW + timedelta(hours=2))
    assert seen.percent() == 0


def test_another_plan_and_back(seen: Seen) -> None:
    seen.system.change_plan(ONE, plan_id="price_2", key="c", now=NOW)
    assert seen.plan() == "price_2"
    seen.system.change_plan(ONE, plan_id="price_1", key="d", now=NOW + timedelta(hours=1))
    assert seen.plan() == "price_1"


def test_a_cancellation_at_once_and_one_twice(seen: Seen) -> None:
    how: dict[str, Any] = {"at_period_end": False, "reason": "voluntary", "now": NOW}
    seen.system.cancel(ONE, key="c", **how)
    assert seen.state() == "cancelled"
    assert seen.system.cancel(ONE, key="c", **how).what == "done"


def test_a_cancellation_at_the_period_s_end_can_be_taken_back(seen: Seen) -> None:
    seen.system.cancel(ONE, at_period_end=True, reason="voluntary", key="c", now=NOW)
    assert seen.state() in ("active", "cancelled")  # the ledger says it is, with its day to come
    seen.system.keep(ONE, key="k", now=NOW + timedelta(hours=1))
    assert seen.state() == "active"


def test_what_is_not_there_is_refused(seen: Seen) -> None:
    other = Subscription("sub_9", "acme")
    with pytest.raises(Rejected):
        seen.system.pause(other, until=LATER, key="k", now=NOW)


# -- what only Stripe can do ----------------------------------------------------------------------


@pytest.fixture
def till(stripe: FakeStripe) -> Billing:
    return billing("stripe")


def test_a_card_that_is_declined_says_why_and_one_that_is_not_pays(
    till: Billing, stripe: FakeStripe
) -> None:
    stripe.declines = "insufficient_funds"
    no = till.retry_invoice("in_1", key="r1", now=NOW)
    assert (no.what, no.decline_code, no.advice, no.network_code, no.payment_id) == (
        "declined", "insufficient_funds", "do_not_try_again", "51", "ch_9",
    )  # fmt: skip
    stripe.declines = ""
    assert till.retry_invoice("in_1", key="r2", now=NOW).what == "done"
    assert till.retry_invoice("in_1", key="r3", now=NOW).what == "done"
    assert stripe.acts == ["pay in_1", "pay in_1"]  # the third found it paid
    stripe.bills("in_2", "void")
    with pytest.raises(Rejected, match="void"):
        till.retry_invoice("in_2", key="r4", now=NOW)


def test_an_answer_lost_on_the_way_moves_money_once(till: Billing, stripe: FakeStripe) -> None:
    stripe.after = 500
    with pytest.raises(Unavailable):
        till.retry_invoice("in_1", key="r1", now=NOW)
    assert till.retry_invoice("in_1", key="r1", now=NOW).what == "done"
    assert stripe.acts == ["pay in_1"]


def test_an_act_repeated_after_stripe_forgot_its_key_is_done_once(
    till: Billing, stripe: FakeStripe
) -> None:
    def act() -> None:
        till.apply_coupon(ONE, percent=20, months=2, key="c", now=NOW)
        till.pause(ONE, until=LATER, key="p", now=NOW)
        till.change_plan(ONE, plan_id="price_2", key="m", now=NOW)
        till.cancel(ONE, at_period_end=True, reason="voluntary", key="e", now=NOW)

    act()
    before = list(stripe.acts)
    stripe.answered.clear()
    act()
    assert stripe.acts == before


@pytest.mark.parametrize("status", [429, 500, 503, 409])
def test_while_stripe_is_out_of_order_the_act_waits(
    till: Billing, stripe: FakeStripe, status: int
) -> None:
    stripe.status = status
    with pytest.raises(Unavailable):
        till.resume(ONE, key="k", now=NOW)


def test_nobody_there_and_a_wrong_key_are_waited_for(
    till: Billing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENURE_STRIPE_KEY", "sk_wrong")
    with pytest.raises(Unavailable, match="does not take the key"):
        till.resume(ONE, key="k", now=NOW)
    monkeypatch.setenv("TENURE_STRIPE_API", "http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        till.resume(ONE, key="k", now=NOW)


def test_the_customer_s_own_coupon_stays(till: Billing, stripe: FakeStripe) -> None:
    stripe.coupons["partner"] = {"id": "partner", "percent_off": "5"}
    theirs = stripe._discount({"coupon": "partner"}, {})
    stripe.subscriptions["sub_1"]["discounts"] = [theirs]
    till.apply_coupon(ONE, percent=20, months=2, key="c", now=NOW)
    assert len(stripe.subscriptions["sub_1"]["discounts"]) == 2
    assert stripe.subscriptions["sub_1"]["discounts"][0] == theirs  # it did not begin anew
    till.remove_coupon(ONE, of="c", key="x", now=NOW)
    assert stripe.subscriptions["sub_1"]["discounts"] == [theirs]


def test_a_discount_of_no_months_is_off_the_next_invoice_alone(
    till: Billing, stripe: FakeStripe
) -> None:
    till.apply_coupon(ONE, percent=6, months=0, key="c", now=NOW)
    (coupon,) = stripe.coupons.values()
    assert (coupon["duration"], coupon["percent_off"]) == ("once", "6")
    assert "duration_in_months" not in coupon


@pytest.mark.parametrize("at_end", [True, False])
def test_a_subscription_that_a_schedule_manages_is_released_and_ended(
    till: Billing, stripe: FakeStripe, at_end: bool
) -> None:
    stripe.subscriptions["sub_1"]["schedule"] = "sub_sched_1"
    till.cancel(ONE, at_period_end=at_end, reason="voluntary", key="k", now=NOW)
    assert stripe.acts[0] == "release sub_sched_1"
    there = stripe.subscriptions["sub_1"]
    assert there["cancel_at_period_end"] or there["status"] == "canceled"


def test_a_schedule_does_not_undo_a_change_of_plan(till: Billing, stripe: FakeStripe) -> None:
    stripe.subscriptions["sub_1"]["schedule"] = "sub_sched_1"
    for _ in range(2):
        till.change_plan(ONE, plan_id="price_2", key="k", now=NOW)
        stripe.answered.clear()
    assert [act for act in stripe.acts if act.startswith("release")] == ["release sub_sched_1"]


def test_the_page_to_pay_on_is_stripes_own(till: Billing) -> None:
    assert till.payment_update_link("acme", "in_1", key="k") == "https://invoice.example/in_1"
    asked = till.payment_update_link("acme", "", key="k2")
    assert asked == "https://portal.example/acme/payment_method_update"


def test_a_subscription_of_several_items_is_left_to_a_person(
    till: Billing, stripe: FakeStripe
) -> None:
    stripe.subscriptions["sub_1"]["items"]["data"].append({"id": "si_2", "price": {"id": "p"}})
    with pytest.raises(Rejected, match="2 items"):
        till.change_plan(ONE, plan_id="price_2", key="k", now=NOW)


def test_one_that_has_ended_takes_nothing_more(till: Billing, stripe: FakeStripe) -> None:
    stripe.subscriptions["sub_1"]["status"] = "canceled"
    with pytest.raises(Rejected, match="has ended"):
        till.pause(ONE, until=LATER, key="k", now=NOW)


def test_a_day_of_its_own_on_which_it_would_end_is_taken_back_too(
    till: Billing, stripe: FakeStripe
) -> None:
    stripe.subscriptions["sub_1"]["cancel_at"] = 1_900_000_000
    till.keep(ONE, key="k", now=NOW)
    assert stripe.subscriptions["sub_1"]["cancel_at"] is None


def test_an_end_for_want_of_payment_is_told_as_involuntary_when_it_comes_back(
    till: Billing, stripe: FakeStripe
) -> None:
    till.cancel(ONE, at_period_end=False, reason="involuntary", key="k", now=NOW)
    there = {
        **stripe.subscriptions["sub_1"],
        "start_date": 1_700_000_000,
        "ended_at": 1_750_000_000,
    }
    told = objects.translated(there, NOW, objects.Known())
    assert told is not None
    assert told.rows[0][1]["end_reason"] == "involuntary"


def test_whether_an_invoice_is_settled_by_the_system_s_own_books(seen: Seen) -> None:
    assert not seen.system.is_settled("in_1")
    if seen.name == "ledger":  # it knows what facts say, and nothing else
        return
    seen.system.retry_invoice("in_1", key="r", now=NOW)
    assert seen.system.is_settled("in_1")
    with pytest.raises(Rejected):
        seen.system.is_settled("in_9")
