"""What exactly is offered: by how the customer is billed, and beside what they have off already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs.cancel.cancelling import MONDAY, Company, days, make

from tenure.connectors.billing import discounts
from tenure.connectors.billing.discounts import Discount
from tenure.connectors.billing.models import Act
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import properties, rows_of
from tenure.programs.cancel import queries, screens, visits
from tenure.programs.cancel.models import Offered
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import Terms
from tenure.programs.cancel.offers.discount import MOST_PERCENT
from tenure.programs.cancel.settings import packaged
from tenure.programs.cancel.workflow import Customer, No, ReasonGiven, Yes, why_not

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBERS = packaged()
NEXT_BILL = NOW + timedelta(days=300)
discount, credit = NUMBERS.offer("discount"), NUMBERS.offer("credit")
assert discount is not None
assert credit is not None


def customer(**more: Any) -> Customer:
    return Customer(**{"mrr_minor": 4900, "currency": "EUR", "arm": "offers", **more})


# -- by the interval ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "terms"),
    [
        (0.23, Terms(25, 3)),  # a week
        (1, Terms(25, 3)),
        (2, Terms(25, 0, bill_at=NEXT_BILL)),  # one bill of two months lies within the three
        (3, Terms(25, 0, bill_at=NEXT_BILL)),
        (6, Terms(12, 0, bill_at=NEXT_BILL)),  # half of it
        (12, Terms(6, 0, bill_at=NEXT_BILL)),  # a quarter off three months of twelve
    ],
)
def test_a_discount_is_worth_the_same_months_however_they_are_billed(
    every: float, terms: Terms
) -> None:
    who = customer(interval_months=every, renews_at=NEXT_BILL)
    assert registry.kind_of(discount).terms(discount, who) == terms


@given(st.integers(1, MOST_PERCENT), st.integers(1, 12), st.sampled_from([1, 2, 3, 4, 6, 12, 24]))
def test_nobody_is_given_more_than_the_offer_is_worth_or_nothing(
    percent: int, months: int, every: int
) -> None:
    offer = discount.model_copy(update={"percent": percent, "months": months})
    given_ = registry.kind_of(offer).terms(offer, customer(interval_months=every))
    bill = every if not given_.months else 0
    worth = given_.percent * (given_.months or bill)
    assert given_.percent >= 1
    assert worth <= max(percent * months + every / 2, every)  # a whole per cent, to the nearest


def test_the_words_speak_of_the_bill_and_its_day_and_not_of_months() -> None:
    kind, words = registry.kind_of(discount), NUMBERS.words["en"]
    yearly = Terms(6, 0, bill_at=NEXT_BILL)
    assert kind.wording(discount, yearly, words, "en")["title"] == "{percent}% off your next bill"
    assert "{date}" in kind.wording(discount, yearly, words, "en")["text"]
    assert "{date}" not in kind.wording(discount, Terms(6, 0), words, "en")["text"]
    assert "months" in kind.wording(discount, Terms(25, 3), words, "en")["text"]
    # The credit speaks of the next invoice by itself.
    assert kind.wording(credit, Terms(2, 0), words, "en")["title"] == credit.title["en"]


def test_where_nobody_knows_how_often_they_are_billed_no_discount_is_promised() -> None:
    why = why_not(discount, customer(interval_months=None), NUMBERS, NOW)
    assert why == "it is not known how often they are billed"


# -- beside what they have off --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (Discount(40), "as good"),
        (Discount(25, until=NOW + timedelta(days=10)), "as good"),
        (Discount(amount_minor=500), "as good or may be better"),
        (Discount(10), ""),
        (Discount(90, until=NOW - timedelta(days=1)), ""),  # it has run out
    ],
)
def test_whoever_has_a_better_discount_is_not_offered_a_worse_one(held: Discount, why: str) -> None:
    said = why_not(discount, customer(discounts=(held,)), NUMBERS, NOW)
    assert (why in said) if why else not said


def test_with_what_they_have_it_stays_below_half_the_price() -> None:
    deep = discount.model_copy(update={"percent": 45})
    said = why_not(deep, customer(discounts=(Discount(20),)), NUMBERS, NOW)
    assert said == "with what they have off it would be 56%"


def test_a_coupon_of_a_file_is_a_discount_too() -> None:
    (held,) = discounts.read('{"coupon": {"percent": 30, "months": 2, "from": "2026-02-01"}}')
    assert held.until == datetime(2026, 4, 1, tzinfo=UTC)
    (for_good,) = discounts.read({"coupon": {"percent": 30}})
    assert for_good.runs_at(NOW)


@given(
    st.lists(
        st.builds(
            Discount, st.floats(1, 99), st.integers(0, 10**9),
            st.none() | st.datetimes(timezones=st.just(UTC)), st.booleans(), st.text(max_size=9),
            st.none() | st.integers(1, 10**9),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_discounts_are_read_as_they_were_written(held: list[Discount]) -> None:
    import json

    assert list(discounts.read(json.dumps(discounts.written(held)))) == held


# -- in the ledger --------------------------------------------------------------------------------


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    return make(monkeypatch)


def row(company: Company) -> dict[str, Any]:
    return rows_of("subscriptions", "acme", company.now + days(1))[0]


def yearly(company: Company) -> None:
    """Acme is on a yearly plan that renews in ten months."""
    company.tell(
        "plans", plan_id="pro_year", name="Pro", level=2, price_minor=48000, currency="EUR",
        interval="year", updated_at=MONDAY - days(300),
    )  # fmt: skip
    company.subscribe(
        plan_id="pro_year", mrr_minor=4000, renews_at=MONDAY + days(300), updated_at=company.now
    )


def test_on_a_yearly_plan_the_next_bill_is_lower_and_mrr_stays(company: Company) -> None:
    yearly(company)
    visit = company.says(company.comes(), ReasonGiven("too_expensive"))
    shown = screens.screen_of(visit, company.now)
    assert shown.offer is not None
    assert shown.offer.title == "6% off your next bill"
    assert "27 December 2026" in shown.offer.text
    assert "month" not in shown.offer.text
    visit = company.says(visit, Yes("discount"))
    assert Act.objects.get().terms == {"percent": 6, "months": 0}
    assert screens.screen_of(visit, company.now).lines == ["Your next bill is 6% lower."]
    told = row(company)
    assert told["mrr_minor"] == 4000
    assert properties(told)["coupon"] == {"percent": 6}


def test_a_discount_by_the_month_lowers_mrr_until_it_ends_on_its_day(company: Company) -> None:
    company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    assert row(company)["mrr_minor"] == 3675  # three quarters of 49.00
    company.until(91, every=days(1))
    assert row(company)["mrr_minor"] == 3675
    company.until(94, every=days(1))
    assert row(company)["mrr_minor"] == 4900
    assert Act.objects.get(what="coupon_end").state == "done"
    assert "coupon" not in properties(row(company))


def test_a_discount_taken_back_gives_mrr_back_and_its_end_ends_nothing(company: Company) -> None:
    from tenure.programs.cancel import fulfilment

    company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    company.now += days(1)
    fulfilment.take_back(Act.objects.get(what="coupon").pk, "a mistake", "alice", now=company.now)
    flush_now(company.now + days(0.01))
    assert row(company)["mrr_minor"] == 4900
    assert Act.objects.get(what="coupon_end").state == "dropped"


def test_a_discount_they_have_stays_beside_the_new_one_and_outlives_it(company: Company) -> None:
    held = [{"percent": 10, "key": "partner"}]
    company.subscribe(mrr_minor=4410, updated_at=company.now, properties={"discounts": held})
    company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    told = row(company)
    assert told["mrr_minor"] == 3308  # a quarter off 44.10
    assert [d["percent"] for d in properties(told)["discounts"]] == [10, 25]
    company.until(94, every=days(1))
    told = row(company)
    assert (told["mrr_minor"], [d["key"] for d in properties(told)["discounts"]]) == (
        4410, ["partner"],
    )  # fmt: skip


def test_a_smaller_plan_moves_mrr_and_the_way_back_restores_it(company: Company) -> None:
    from tenure.programs.cancel import fulfilment

    company.subscribe(mrr_minor=24_500, quantity=5, updated_at=company.now)  # five seats
    company.tell(
        "plans", plan_id="basic", name="Basic", level=1, price_minor=1900, currency="EUR",
        interval="month", seat_limit=8, updated_at=company.now,
        properties={"features": ["Reports"]},
    )  # fmt: skip
    visit = company.says(company.comes(), ReasonGiven("too_expensive"), No())
    shown = screens.screen_of(visit, company.now)
    assert shown.offer is not None
    assert shown.offer.prices == ["Pro: 245.00 EUR a month", "Basic: 95.00 EUR a month"]
    company.says(visit, Yes("downgrade"))
    assert (row(company)["plan_id"], row(company)["mrr_minor"]) == ("basic", 9500)
    company.now += days(1)
    fulfilment.take_back(Act.objects.get(what="plan").pk, "a mistake", "alice", now=company.now)
    flush_now(company.now + days(0.01))
    assert (row(company)["plan_id"], row(company)["mrr_minor"]) == ("pro", 24_500)


def test_a_price_of_one_unit_is_not_shown_as_the_bill(company: Company) -> None:
    company.subscribe(mrr_minor=24_500, updated_at=company.now)  # more seats than Basic has
    visit = company.says(company.comes(), ReasonGiven("too_expensive"), No())
    shown = screens.screen_of(visit, company.now)
    assert shown.offer is not None
    assert (shown.offer.name, shown.offer.prices) == ("downgrade", [])


def test_a_no_of_billing_is_not_called_no_answer(company: Company) -> None:
    company.till.says_no = "the subscription is locked"
    saved = company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    lines = " ".join(screens.screen_of(saved, company.now).lines)
    assert "by hand" in lines
    assert "answering" not in lines
    company.till.says_no, company.till.away = "", True
    other = company.says(visits.again(saved, company.now), ReasonGiven())
    assert other.screen == "confirm"


def test_while_billing_is_away_they_are_told_that_it_does_not_answer(company: Company) -> None:
    company.till.away = True
    saved = company.says(company.comes(), ReasonGiven("too_expensive"), Yes("discount"))
    assert "not answering" in screens.screen_of(saved, company.now).lines[0]


# -- what saves are worth -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "answers", "kept"),
    [
        ("temporary", [Yes("pause")], 0),  # nothing is paid during a pause
        ("too_expensive", [Yes("discount")], 3675),
        ("too_expensive", [No(), Yes("downgrade")], 1900),
        ("not_using", [No(), Yes("onboarding")], 4900),
    ],
)
def test_a_save_is_worth_what_is_paid_after_it(
    company: Company, reason: str, answers: list[Any], kept: int
) -> None:
    company.says(company.comes(), ReasonGiven(reason), *answers)
    company.now += days(1)
    assert queries.figures(queries.VisitFilter(), company.now).mrr_kept == {"EUR": kept}


def test_who_pays_more_since_was_kept_with_what_was_at_risk(company: Company) -> None:
    company.says(company.comes(), ReasonGiven("not_using"), No(), Yes("onboarding"))
    company.now += days(1)
    company.subscribe(mrr_minor=9900, plan_id="top", updated_at=company.now)
    assert queries.figures(queries.VisitFilter(), company.now).mrr_kept == {"EUR": 4900}
    assert Offered.objects.count() == 2
