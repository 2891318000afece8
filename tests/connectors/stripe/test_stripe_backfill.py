"""Stripe's history and the notices that never arrived: whole, once, and gone on with."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from connectors.stripe.stripe_things import (
    START,
    charge,
    customer,
    event,
    invoice,
    invoice_payment,
    price,
    stamp,
    subscription,
)

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Unavailable
from tenure.connectors.models import StripeDay
from tenure.connectors.stripe import backfill, client, ingest, policy
from tenure.connectors.stripe.objects import Known
from tenure.core import jobs
from tenure.core.models import Job
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import rows_of

pytestmark = pytest.mark.django_db
NOW = START + timedelta(days=40)


class Books:
    """What Stripe lists, a page at a time; away when told so."""

    def __init__(self) -> None:
        self.things: dict[str, list[dict[str, Any]]] = {name: [] for name in backfill.STAGES}
        self.things["events"] = []
        self.asked: list[str] = []
        self.of_subscription: dict[str, list[dict[str, Any]]] = {}
        self.fails_at = -1

    @property
    def v1(self) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        return _List(self, name)


class _List:
    def __init__(self, books: Books, name: str) -> None:
        self.books, self.name = books, name

    def list(self, params: dict[str, Any]) -> Any:
        self.books.asked.append(self.name)
        if len(self.books.asked) == self.books.fails_at:
            raise Unavailable("no answer")
        if of := params.get("subscription"):
            return _Page([_Thing(t) for t in self.books.of_subscription.get(of, [])])
        listed = self.books.things[self.name]
        after = params.get("starting_after")
        first = 1 + [t["id"] for t in listed].index(after) if after else 0
        return _Page([_Thing(t) for t in listed[first : first + params["limit"]]])


class _Page:
    def __init__(self, data: list[Any]) -> None:
        self.data = data


class _Thing(dict[str, Any]):
    def to_dict(self) -> dict[str, Any]:
        return dict(self)


@pytest.fixture
def books(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Books:
    found = Books()
    monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_test")
    monkeypatch.setattr(client, "client", lambda: found)
    found.things |= {
        "prices": [price()],
        "customers": [customer(id=f"cus_{n}", name=f"Firm {n}") for n in range(250)],
        "subscriptions": [subscription(id=f"sub_{n}", customer=f"cus_{n}") for n in range(250)],
        "invoices": [invoice(customer="cus_0")],
        "invoice_payments": [invoice_payment()],
        "charges": [charge(customer="cus_0")],
    }
    return found


def go(kind: str = backfill.KIND) -> None:
    """A worker does the job as far as it comes."""
    job = jobs.claim("worker", lambda: NOW)
    assert job is not None
    assert job.kind == kind
    jobs.run(job)
    flush_now(NOW + timedelta(seconds=1))


def test_everything_lands_page_by_page(books: Books) -> None:
    backfill.start(NOW)
    go()
    assert books.asked.count("customers") == 3
    assert Job.objects.get().progress_done == 504
    (found,) = rows_of("payments", "cus_0", NOW + timedelta(days=1))
    assert found["invoice_id"] == "in_1"
    (last,) = rows_of("subscriptions", "cus_249", NOW)
    assert (last["mrr_minor"], last["updated_at"], last["backfill"]) == (4900, START, True)


def test_a_job_cut_off_goes_on_where_it_was_and_says_nothing_twice(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_force = policy.packaged().model_copy(update={"waits_seconds": ()})
    monkeypatch.setattr(policy, "current", lambda: in_force)
    backfill.start(NOW)
    books.fails_at = 4
    go()
    assert Job.objects.get().state == "ready"
    Job.objects.update(run_at=NOW)
    before = len(books.asked)
    go()
    assert books.asked[before] == "customers"  # the third page of them, not the first
    assert books.asked.count("prices") == 1
    assert Job.objects.get().state == "done"
    backfill.start(NOW)
    go()
    assert len(rows_of("invoices", "cus_0", NOW + timedelta(days=1))) == 1


def test_stripe_is_waited_for(books: Books) -> None:
    waited: list[float] = []
    books.fails_at = 1
    page = backfill._page("prices", "", waited.append)
    assert ([p["id"] for p in page], waited) == (["price_1"], [1])


def test_without_a_key_the_remedy_is_named(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENURE_STRIPE_KEY", raising=False)
    with pytest.raises(SpecError, match="TENURE_STRIPE_KEY"):
        backfill.start(NOW)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (subscription(), [("active", 0)]),
        (subscription(trial_end=stamp(START + timedelta(days=7))),
         [("trialing", 0), ("active", 7)]),
        (subscription("trialing", trial_end=stamp(NOW + timedelta(days=1))), [("trialing", 0)]),
        (subscription("past_due"), [("active", 0), ("past_due", 40)]),
        (subscription(pause_collection={"behavior": "void"}), [("active", 0), ("paused", 40)]),
        (subscription("canceled", ended_at=stamp(START + timedelta(days=30))),
         [("active", 0), ("cancelled", 30)]),
        (subscription("incomplete"), []),
    ],
)  # fmt: skip
def test_the_past_of_a_subscription_as_far_as_it_tells(thing, expected) -> None:
    rows = backfill.history(thing, NOW, Known())
    assert [(r["status"], (r["updated_at"] - START).days) for r in rows] == expected


def test_what_never_arrived_is_found_at_night_and_what_did_says_nothing_new(books: Books) -> None:
    told = event("customer.subscription.created", subscription(), START, "evt_a")
    ingest.take([(json.dumps(told).encode(), START)], START)
    flush_now(START)
    ended = subscription("canceled", ended_at=stamp(START + timedelta(days=3)))
    missed = event("customer.subscription.deleted", ended, START + timedelta(days=3), "evt_b")
    books.things["events"] = [missed, told]  # the newest first, as Stripe lists them
    jobs.enqueue(backfill.MISSED, now=NOW)
    go(backfill.MISSED)
    (found,) = rows_of("subscriptions", "cus_1", NOW + timedelta(days=1))
    assert found["status"] == "cancelled"
    assert sum(StripeDay.objects.values_list("count", flat=True)) == 1


def test_what_a_missed_notice_would_have_said_is_told_by_the_next_backfill(books: Books) -> None:
    failed = event("invoice.payment_failed", invoice(), START)
    sold = event("customer.subscription.created", subscription(), START)
    ingest.take([(json.dumps(one).encode(), START) for one in (failed, sold)], START)
    flush_now(START)
    paid = invoice("paid", moves={"paid_at": stamp(START + timedelta(days=2))})
    dearer = subscription(price=price(9900))
    books.things |= {"subscriptions": [dearer], "invoices": [paid], "customers": []}
    backfill.start(NOW)
    go()
    (bill,) = rows_of("invoices", "cus_1", NOW + timedelta(days=1))
    assert bill["paid_at"] == START + timedelta(days=2)
    (now,) = rows_of("subscriptions", "cus_1", NOW + timedelta(days=1))
    assert (now["mrr_minor"], now["updated_at"], now["backfill"]) == (9900, NOW, False)
    (before,) = rows_of("subscriptions", "cus_1", NOW - timedelta(days=1))
    assert before["mrr_minor"] == 4900  # it was not known then


def test_an_old_notice_that_comes_after_the_backfill_does_not_unpay_an_invoice(
    books: Books,
) -> None:
    moves = {"paid_at": stamp(START + timedelta(days=2))}
    books.things |= {"invoices": [invoice("paid", moves=moves)]}
    backfill.start(NOW)
    go()
    late = event("invoice.payment_failed", invoice(), START)
    ingest.take([(json.dumps(late).encode(), NOW + timedelta(hours=1))], NOW)
    flush_now(NOW + timedelta(hours=2))
    (bill,) = rows_of("invoices", "cus_1", NOW + timedelta(days=1))
    assert bill["paid_at"] is not None


def test_a_payment_counts_even_if_stripes_clock_is_behind_ours(books: Books) -> None:
    books.things |= {"invoices": [invoice()]}
    backfill.start(NOW)
    go()
    paid_at = NOW - timedelta(seconds=30)  # after the backfill, by a clock that is a minute behind
    paid = event("invoice.paid", invoice("paid", moves={"paid_at": stamp(paid_at)}), paid_at)
    ingest.take([(json.dumps(paid).encode(), NOW + timedelta(seconds=31))], NOW)
    flush_now(NOW + timedelta(minutes=2))
    (bill,) = rows_of("invoices", "cus_1", NOW + timedelta(days=1))
    assert bill["paid_at"] == paid_at


# -- what a subscription says of its past ---------------------------------------------------------

TRIAL = START + timedelta(days=14)
DAY = timedelta(days=1)


def past(thing: dict[str, Any], paid: bool = True, **parts: Any) -> list[tuple[Any, str, int]]:
    known = Known(patient=False, parts=parts)
    rows = backfill.history(thing, NOW, known, paid)
    return [((r["updated_at"] - START) / DAY, r["status"], r["mrr_minor"]) for r in rows]


def tried(status: str, **more: Any) -> dict[str, Any]:
    return subscription(status, trial_start=stamp(START), trial_end=stamp(TRIAL), **more)


def test_a_trial_that_ended_without_paying_is_told_as_no_life_after_it() -> None:
    """Four ways: cancelled at its end or before, nothing to pay with, the first charge declined."""
    at_end = tried("canceled", ended_at=stamp(TRIAL))
    assert past(at_end) == [(0, "trialing", 4900), (14, "cancelled", 4900)]
    before = tried("canceled", ended_at=stamp(START + 9 * DAY))
    assert past(before) == [(0, "trialing", 4900), (9, "cancelled", 4900)]
    nothing_to_pay_with = tried("paused")
    assert past(nothing_to_pay_with) == [(0, "trialing", 4900), (14, "paused", 4900)]
    declined = tried("past_due")
    assert past(declined, paid=False) == [(0, "trialing", 4900), (14, "past_due", 4900)]
    given_up = tried("canceled", ended_at=stamp(START + 30 * DAY))
    assert [word for _, word, _ in past(given_up, paid=False)] == [
        "trialing", "past_due", "cancelled",
    ]  # fmt: skip


def test_who_paid_after_the_trial_had_a_life_after_it() -> None:
    assert [word for _, word, _ in past(tried("past_due"))] == ["trialing", "active", "past_due"]
    assert [word for _, word, _ in past(tried("active"))] == ["trialing", "active"]


def test_a_free_month_given_to_a_payer_is_no_trial_of_the_past() -> None:
    free = subscription(trial_start=stamp(START + 20 * DAY), trial_end=stamp(START + 35 * DAY))
    assert past(free) == [(0, "active", 4900)]


def test_discounts_that_began_and_ended_are_told_on_their_days() -> None:
    def off(name: str, begins: int, ends: int | None, percent: int) -> dict[str, Any]:
        coupon = {"id": name, "percent_off": percent, "duration": "repeating", "applies_to": None}
        return {"id": f"di_{name}", "start": stamp(START + begins * DAY), "coupon": coupon,
                "end": None if ends is None else stamp(START + ends * DAY)}  # fmt: skip

    there = subscription(discounts=[off("a", 0, 10, 50), off("b", 20, None, 20)])
    assert past(there) == [
        (0, "active", 2450), (10, "active", 4900), (20, "active", 3920),
    ]  # fmt: skip


def test_whether_it_was_ever_paid_is_asked_where_the_trial_leaves_it_open(books: Books) -> None:
    books.things["subscriptions"] = [
        tried("past_due", id="sub_tried", customer="cus_1"),
        tried("past_due", id="sub_paid", customer="cus_2"),
        subscription(id="sub_plain", customer="cus_3"),
    ]
    books.of_subscription = {"sub_paid": [invoice("paid", amount_paid=4900)]}
    backfill.start(NOW)
    go()

    def words(account: str) -> set[str]:
        import duckdb

        from tenure.facts import lake

        paths = lake.current().files("subscriptions")["path"].to_pylist()
        query = "SELECT status FROM read_parquet(?) WHERE account_id = ?"
        return {word for (word,) in duckdb.execute(query, [paths, account]).fetchall()}

    assert words("cus_1") == {"trialing", "past_due"}
    assert words("cus_2") == {"trialing", "active", "past_due"}
    assert words("cus_3") == {"active"}
