"""How a visit goes, whoever the customer is and whatever they click."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.programs.cancel import workflow
from tenure.programs.cancel.plans import Plan, neighbours
from tenure.programs.cancel.settings import packaged
from tenure.programs.cancel.workflow import (
    ENDS,
    Cancel,
    Customer,
    Keep,
    Left,
    No,
    Past,
    ReasonGiven,
    State,
    Yes,
    step,
)  # fmt: skip

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBERS = packaged()
REASONS = [r.name for r in NUMBERS.reasons]
OFFERS = [o.name for o in NUMBERS.offers]
PRO = Plan("pro", "Pro", 2, 4900, "EUR", seat_limit=10, features=("Reports", "SSO"))
BASIC = Plan("basic", "Basic", 1, 1900, "EUR", seat_limit=3, features=("Reports",))
TOP = Plan("top", "Top", 3, 9900, "EUR", features=("Reports", "SSO", "API"))

pasts = st.builds(
    Past,
    st.sampled_from(["discount", "pause", "person"]),
    st.integers(0, 800).map(lambda d: NOW - timedelta(days=d)),
    st.booleans(),
)
customers = st.builds(
    Customer,
    segments=st.frozensets(st.sampled_from(["enterprise", "mid_market", "smb"])),
    mrr_minor=st.integers(0, 10_000_00),
    currency=st.just("EUR"),
    arm=st.sampled_from(["offers", "control"]),
    paused=st.booleans(),
    plan=st.sampled_from([None, PRO]),
    lower=st.sampled_from([None, BASIC]),
    higher=st.sampled_from([None, TOP]),
    past=st.lists(pasts, max_size=4).map(tuple),
)
answers = st.one_of(
    st.sampled_from([*REASONS, "", "nonsense"]).map(ReasonGiven),
    st.sampled_from([*OFFERS, "", "nonsense"]).map(Yes),
    st.sampled_from([No(), Cancel(), Keep(), Left()]),
)


def walk(who: Customer, clicks: list[workflow.Answer]) -> list[State]:
    found = [State()]
    for click in clicks:
        found.append(step(found[-1], click, who, NUMBERS, NOW))
    return found


@given(customers, st.lists(answers, max_size=8))
def test_a_visit_ends_in_exactly_one_outcome(who: Customer, clicks: list[workflow.Answer]) -> None:
    states = walk(who, [*clicks, Left()])
    ended = [s for s in states if s.outcome]
    assert ended, "it never ended"
    assert {s.outcome for s in ended} == {ended[0].outcome}
    assert all(s == ended[0] for s in ended)
    assert ended[0].outcome in ENDS
    assert bool(ended[0].accepted) == (ended[0].outcome == "saved")


@given(customers, st.lists(answers, max_size=6), st.sampled_from([No(), ReasonGiven(), Cancel()]))
def test_two_plain_clicks_after_saying_no_end_in_a_cancellation(
    who: Customer, clicks: list[workflow.Answer], no: workflow.Answer
) -> None:
    here = walk(who, clicks)[-1]
    if here.outcome:
        return
    if here.screen != "survey" and isinstance(no, ReasonGiven):
        no = No()
    after = step(here, no, who, NUMBERS, NOW)
    assert step(after, Cancel(), who, NUMBERS, NOW).outcome == "cancelled"


@given(customers, st.lists(answers, max_size=8))
def test_nobody_is_shown_a_discount_again_before_the_time_is_over(
    who: Customer, clicks: list[workflow.Answer]
) -> None:
    shown = [NUMBERS.offer(n) for n in walk(who, clicks)[-1].shown if n]
    discounts = [o for o in shown if o and o.kind == "discount"]
    lately = [p for p in who.past if p.kind == "discount" and NOW - p.at < timedelta(days=365)]
    assert len(discounts) <= (0 if lately else 1)
    assert all(o and o.percent < 50 for o in discounts)
    pauses = [o for o in shown if o and o.kind == "pause"]
    assert not (pauses and who.paused)
    assert all(o and o.months <= 3 for o in pauses)


@given(customers, st.lists(answers, max_size=8))
def test_at_most_two_offers_each_once_and_none_in_the_control_arm(
    who: Customer, clicks: list[workflow.Answer]
) -> None:
    shown = [n for n in walk(who, clicks)[-1].shown if n]
    assert len(shown) == len(set(shown)) <= 2
    assert not (shown and who.arm == "control")


@given(customers, st.lists(answers, max_size=8))
def test_only_what_is_on_the_screen_can_be_taken(
    who: Customer, clicks: list[workflow.Answer]
) -> None:
    states = walk(who, clicks)
    for before, after in itertools.pairwise(states):
        if after.accepted and not before.accepted:
            assert after.accepted == before.on_offer


ACME = Customer(frozenset({"smb"}), 4900, "EUR", "offers", False, PRO, BASIC, TOP)
WITH_PAGES = packaged().model_copy(
    update={
        "offers": tuple(
            o.model_copy(update={"url": "https://example.com/x"}) if o.kind == "link" else o
            for o in NUMBERS.offers
        )
    }
)


@pytest.mark.parametrize(
    ("reason", "first", "then"),
    [
        ("too_expensive", "discount", "downgrade"),
        ("not_using", "pause", "onboarding"),
        ("missing_feature", "roadmap", "workaround"),
        ("switching", "comparison", "rival_discount"),
        ("technical", "support", "credit"),
        ("temporary", "pause", ""),
        ("poor_experience", "support", "feedback"),
        ("no_longer_needed", "", ""),
        ("other", "", ""),
    ],
)
def test_each_reason_has_its_offer_and_its_fallback(reason: str, first: str, then: str) -> None:
    asked = step(State(), ReasonGiven(reason), ACME, WITH_PAGES, NOW)
    assert asked.on_offer == first
    assert step(asked, No(), ACME, WITH_PAGES, NOW).on_offer == then


def test_who_is_worth_most_hears_from_a_person_first() -> None:
    big = Customer(frozenset({"enterprise"}), 500_000, "EUR", "offers", False, PRO, BASIC, TOP)
    assert step(State(), ReasonGiven("too_expensive"), big, NUMBERS, NOW).on_offer == "outreach"
    assert step(State(), ReasonGiven("missing_feature"), big, NUMBERS, NOW).on_offer == "unlock"


def test_what_cannot_be_offered_makes_room_for_the_next() -> None:
    again = Customer(mrr_minor=4900, arm="offers", plan=PRO, lower=BASIC,
                     past=(Past("discount", NOW - timedelta(days=364), False),))  # fmt: skip
    assert step(State(), ReasonGiven("too_expensive"), again, NUMBERS, NOW).on_offer == "downgrade"
    later = NOW + timedelta(days=2)
    assert step(State(), ReasonGiven("too_expensive"), again, NUMBERS, later).on_offer == "discount"


def test_a_smaller_plan_is_offered_only_with_what_is_kept_and_lost() -> None:
    offer = NUMBERS.offer("downgrade")
    assert offer is not None
    assert workflow.why_not(offer, ACME, NUMBERS, NOW) == ""
    blank = Customer(plan=Plan("a", level=2), lower=Plan("b", level=1))
    assert "keep and lose" in workflow.why_not(offer, blank, NUMBERS, NOW)


def test_reasons_are_shuffled_for_each_visit_and_other_stays_last() -> None:
    orders = {tuple(r.name for r in workflow.in_order(NUMBERS.reasons, f"v{n}")) for n in range(40)}
    assert len(orders) > 30
    assert {o[-1] for o in orders} == {"other"}
    assert {frozenset(o) for o in orders} == {frozenset(REASONS)}
    firsts = [workflow.in_order(NUMBERS.reasons, f"v{n}")[0].name for n in range(800)]
    assert min(firsts.count(r) for r in set(REASONS) - {"other"}) > 60  # 100 each, on average


def test_neighbours_are_of_the_same_currency_and_interval() -> None:
    other = Plan("usd", level=1, currency="USD")
    assert neighbours([BASIC, TOP, other, PRO], PRO) == (BASIC, TOP)
    assert neighbours([BASIC], Plan("x")) == (None, None)
