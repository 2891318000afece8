"""Who is owed which touch, and who would be surprised at renewal."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.work.portfolio import overdue_touches, policy, spec
from tenure.work.portfolio.overdue_touches import Contact, Customer, standings

POLICY = policy.packaged()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def customer(tier: str = "mid_market", **more) -> Customer:
    return Customer("acme", "Acme", tier, since=ago(400), **more)


def standing(one: Customer, *contacts: Contact) -> overdue_touches.TouchStatus:
    (found,) = standings([one], contacts, POLICY, NOW)
    return found


def call(days: float, kind: str = "call", **more) -> Contact:
    return Contact("acme", kind, ago(days), **more)


def test_a_check_in_is_owed_thirty_days_after_the_last_one():
    (due,) = standing(customer(), call(31), call(90)).late
    assert (due.touch, due.last_at, due.due_at) == ("check_in", ago(31), ago(1))
    assert due.late_days(NOW) == 1
    assert standing(customer(), call(29)).late == ()


def test_it_is_owed_from_the_very_moment_it_falls_due():
    assert standing(customer(), call(30)).late
    assert not standing(customer(), call(30 - 1 / 86400)).late


def test_an_enterprise_account_is_owed_review_check_in_and_sponsor():
    found = standing(customer("enterprise"), call(95, "qbr"), call(3))
    assert [(d.touch, d.late) for d in found.dues] == [
        ("quarterly_review", True), ("check_in", False), ("sponsor", True),
    ]  # fmt: skip


def test_a_review_is_a_check_in_too():
    assert not standing(customer(), call(5, "qbr")).late


@pytest.mark.parametrize(
    "contact",
    [call(2, outcome="no_answer"), call(2, "community"), call(2, "mail"), call(-1)],
    ids=["nobody answered", "their own doing", "another kind", "still to come"],
)
def test_what_is_no_touch_keeps_no_promise(contact):
    assert standing(customer(), contact).late


def test_without_any_touch_the_clock_starts_when_they_became_customers():
    young = Customer("acme", "Acme", "mid_market", since=ago(10))
    assert standing(young).dues[0].due_at == ago(-20)
    unknown = standing(Customer("acme", "Acme", "mid_market"))
    assert (unknown.late[0].due_at, unknown.late[0].late_days(NOW)) == (None, 0)
    assert unknown.untouched


def test_tiers_served_by_automation_are_owed_nothing():
    assert standings([customer("smb"), customer("")], [], POLICY, NOW) == []


@pytest.mark.parametrize(
    ("renews_in", "contacts", "surprised"),
    [
        (20, [call(45)], True),  # the check-in is late, so no touch is on its way
        (20, [call(45), call(12, "mail")], False),  # written to lately
        (20, [call(25)], False),  # talked to lately
        (100, [call(200)], False),  # the renewal is far off
        (-1, [call(200)], False),  # it has passed
        (20, [], True),
    ],
)
def test_who_would_be_surprised_at_renewal(renews_in, contacts, surprised):
    one = customer(renews_at=NOW + timedelta(days=renews_in))
    assert standing(one, *contacts).surprised == surprised


def test_a_touch_that_falls_due_before_the_renewal_saves_the_surprise():
    reviews = POLICY.model_copy(
        update={"tiers": {"mid_market": spec.Tier(base_hours=0, owed=(
            spec.Promise(touch="quarterly_review", every_days=91),))}}
    )  # fmt: skip
    for renews_in, surprised in ((50, False), (20, True)):
        one = customer(renews_at=NOW + timedelta(days=renews_in))
        (found,) = standings([one], [call(50, "qbr")], reviews, NOW)
        assert found.surprised == surprised  # the next review falls due in 41 days


@given(st.lists(st.tuples(st.floats(0.01, 500), st.sampled_from(["call", "qbr", "mail"]))))
def test_a_promise_is_late_exactly_if_nothing_kept_it_in_time(touches):
    found = standing(customer("enterprise"), *(call(d, k) for d, k in touches))
    for due in found.dues:
        kinds = POLICY.touches[due.touch].kinds
        kept = any(k in kinds and ago(d) + timedelta(days=due.every_days) > NOW for d, k in touches)
        assert due.late == (not kept)  # a customer for longer than any promise


def test_the_pressing_come_first():
    rows = [
        Customer("a", "A", "mid_market", value_minor=100, since=ago(400)),
        Customer("b", "B", "mid_market", value_minor=900, since=ago(400)),
        Customer("c", "C", "mid_market", value_minor=5, since=ago(400),
                 renews_at=NOW + timedelta(days=9)),
    ]  # fmt: skip
    found = sorted(standings(rows, [], POLICY, NOW), key=lambda s: overdue_touches.order(s, NOW))
    assert [s.customer.id for s in found] == ["c", "b", "a"]
