"""What a subscription brings a month, whatever its price is like and whatever is off."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from connectors.stripe.fake_stripe import FakeStripe, fake_stripe
from connectors.stripe.stripe_things import START, comes, event, price, stamp, subscription
from hypothesis import given
from hypothesis import strategies as st

from tenure.connectors.models import StripeParked, StripePart
from tenure.connectors.stripe import client, fetching, money, objects
from tenure.connectors.stripe.objects import Known
from tenure.core import policy
from tenure.facts.periodic_tasks import flush_now
from tenure.facts.queries import rows_of

HOUR = timedelta(hours=1)
OFF_20 = {"id": "co_20", "percent_off": 20, "duration": "forever", "applies_to": None}
TIERS = [{"up_to": 5, "unit_amount": 1000}, {"up_to": None, "unit_amount": 800}]


def row(thing: dict[str, Any], at: Any = START, **parts: Any) -> dict[str, Any]:
    known = Known(parts={k.replace("__", ":"): v for k, v in parts.items()}, patient=False)
    told = objects.translated(thing, at, known)
    assert told is not None
    return told.rows[0][1]


def mrr(thing: dict[str, Any], **more: Any) -> int:
    return int(row(thing, **more)["mrr_minor"])


def discount(coupon: Any = OFF_20, name: str = "di_1", **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "discount", "subscription": "sub_1", "start": stamp(START),
            "end": None, "source": {"type": "coupon", "coupon": coupon}, **more}  # fmt: skip


def items(*made: dict[str, Any]) -> dict[str, Any]:
    listed = [{"id": f"si_{n}", "quantity": 1, **item} for n, item in enumerate(made)]
    return {"object": "list", "data": listed}


# -- prices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "round_", "right"), [(21, "up", 3), (21, "down", 2), (20, "up", 2), (0, "up", 0)]
)
def test_units_sold_in_packages_are_billed_by_the_package(
    quantity: int, round_: str, right: int
) -> None:
    tens = price(5000, transform_quantity={"divide_by": 10, "round": round_})
    assert mrr(subscription(quantity=quantity, price=tens)) == right * 5000


@pytest.mark.parametrize(
    ("mode", "quantity", "right"),
    [("graduated", 7, 6600), ("volume", 7, 5600), ("graduated", 5, 5000), ("volume", 5, 5000),
     ("graduated", 0, 0)],
)  # fmt: skip
def test_licensed_tiers_cost_what_the_quantity_comes_to(
    mode: str, quantity: int, right: int
) -> None:
    tiered = price(0, unit_amount=None, unit_amount_decimal=None, billing_scheme="tiered",
                   tiers_mode=mode)  # fmt: skip
    named = subscription(quantity=quantity, price=tiered)
    assert mrr(named, price__price_1={"tiers": TIERS}) == right
    assert mrr(subscription(quantity=quantity, price={**tiered, "tiers": TIERS})) == right


def test_flat_amounts_of_tiers_are_billed_once_each() -> None:
    tiers = [{"up_to": 5, "flat_amount": 2000, "unit_amount": 0},
             {"up_to": "inf", "flat_amount": 500, "unit_amount_decimal": "99.5"}]  # fmt: skip
    assert money.tiered(Decimal(7), tiers, "graduated") == Decimal("2699.0")
    assert money.tiered(Decimal(7), tiers, "volume") == Decimal("1196.5")


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 100))
def test_graduated_tiers_are_the_sum_of_each_unit_by_its_own(
    tops: list[int], quantity: int
) -> None:
    ends = [sum(tops[: n + 1]) for n in range(len(tops))]
    prices = [100 - 10 * n for n in range(len(tops) + 1)]
    tiers = [{"up_to": e, "unit_amount": p} for e, p in zip([*ends, None], prices, strict=True)]
    each = [prices[sum(unit > e for e in ends)] for unit in range(1, quantity + 1)]
    assert money.tiered(Decimal(quantity), tiers, "graduated") == sum(each)
    last = prices[sum(quantity > e for e in ends)]
    assert money.tiered(Decimal(quantity), tiers, "volume") == quantity * last


def test_metered_prices_still_count_nothing() -> None:
    metered = price(100, recurring={"usage_type": "metered"}, billing_scheme="tiered")
    assert mrr(subscription(price=metered)) == 0


# -- discounts ------------------------------------------------------------------------------------


def test_a_discount_that_is_named_by_its_id_is_taken_off() -> None:
    named = subscription(discounts=["di_1"])
    assert mrr(named, di__di_1=discount()) == 3920
    assert mrr(named, di__di_1=discount("co_20"), coupon__co_20=OFF_20) == 3920
    told = row(named, di__di_1=discount())
    assert told["properties"]["discounts"] == [{"percent": 20.0, "key": "co_20"}]


@pytest.mark.parametrize(("hours", "right"), [(-1, 4900), (0, 3920), (23, 3920), (24, 4900)])
def test_a_discount_counts_from_its_start_to_its_end(hours: int, right: int) -> None:
    for_a_day = discount(end=stamp(START + 24 * HOUR))
    assert mrr(subscription(discounts=[for_a_day]), at=START + hours * HOUR) == right


def test_a_discount_on_an_item_is_off_that_item_alone() -> None:
    two = items({"price": price(), "discounts": [discount()]}, {"price": price(1000)})
    assert mrr(subscription(items=two)) == 3920 + 1000


def test_a_coupon_for_some_products_is_off_those_alone() -> None:
    seats, extra = price(), price(1000, product="prod_extra")
    two = items({"price": seats}, {"price": extra})
    half = {**OFF_20, "percent_off": 50, "applies_to": {"products": ["prod_extra"]}}
    assert mrr(subscription(items=two, discounts=[discount(half)])) == 4900 + 500
    amount = {"id": "a", "amount_off": 3000, "duration": "forever", "currency": "eur",
              "applies_to": {"products": ["prod_extra"]}}  # fmt: skip
    assert mrr(subscription(items=two, discounts=[discount(amount)])) == 4900  # never below zero
    nothing = {**half, "applies_to": {"products": ["prod_other"]}}
    assert mrr(subscription(items=two, discounts=[discount(nothing)])) == 5900


def test_an_amount_off_counts_in_the_currency_of_the_subscription() -> None:
    dollars = {"id": "d", "amount_off": 1000, "duration": "forever", "currency": "usd",
               "applies_to": None}  # fmt: skip
    assert mrr(subscription(discounts=[discount(dollars)])) == 4900
    both = {**dollars, "currency_options": {"eur": {"amount_off": 900}}}
    assert mrr(subscription(discounts=[discount(both)])) == 4000


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=3),
    st.lists(
        st.fixed_dictionaries({"percent_off": st.integers(1, 100)})
        | st.fixed_dictionaries({"amount_off": st.integers(1, 10**6)}),
        max_size=3,
    ),
)
def test_mrr_is_never_below_zero_nor_above_the_list_price(
    amounts: list[int], coupons: list[dict[str, int]]
) -> None:
    lines = [money.Line(Decimal(a)) for a in amounts]
    assert 0 <= money.mrr(lines, coupons, Decimal(1), "EUR") <= sum(amounts)


# -- learned from Stripe --------------------------------------------------------------------------


@pytest.fixture
def stripe(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    with fake_stripe() as fake:
        monkeypatch.setenv("TENURE_STRIPE_KEY", "rk_test_1")
        monkeypatch.setenv("TENURE_STRIPE_API", fake.address)
        monkeypatch.setitem(fetching._rests, "until", 0.0)
        client._client.cache_clear()
        text = client.policy.DEFAULT.read_text("utf-8").replace("retries = 2 ", "retries = 0 ")
        policy.save(client.policy.DOCUMENT, text, "test", "", START)
        yield fake
        client._client.cache_clear()


def amounts(after: timedelta = HOUR) -> list[int]:
    """MRR by time, as facts tell it."""
    import duckdb

    from tenure.facts import lake

    flush_now(START + after)
    paths = lake.current().files("subscriptions")["path"].to_pylist()
    query = "SELECT mrr_minor FROM read_parquet(?) ORDER BY updated_at, received_at"
    return [mrr for (mrr,) in duckdb.execute(query, [paths]).fetchall()] if paths else []


def sells_with_discount(stripe: FakeStripe, **more: Any) -> dict[str, Any]:
    """Stripe has a subscription with a fifth off, and names the discount in its notices."""
    there = subscription(discounts=[discount("co_20", **more)])
    stripe.subscriptions["sub_1"] = there
    stripe.coupons["co_20"] = OFF_20
    return {**there, "discounts": ["di_1"]}


def test_what_a_notice_only_names_is_fetched_before_mrr_is_told(stripe: FakeStripe) -> None:
    comes(event("customer.subscription.created", sells_with_discount(stripe), START), at=START)
    assert amounts() == [3920]
    assert not StripeParked.objects.exists()
    assert set(StripePart.objects.values_list("pk", flat=True)) == {"di:di_1", "coupon:co_20"}
    asked = len(stripe.asked)
    later = {**sells_with_discount(stripe), "items": subscription(quantity=2)["items"]}
    comes(event("customer.subscription.updated", later, START + HOUR), at=START + HOUR)
    assert amounts(2 * HOUR) == [3920, 7840]  # no expansion by what was only not known
    assert len(stripe.asked) == asked  # known by now


def test_while_stripe_is_away_the_notice_waits_and_nothing_is_told_at_list_price(
    stripe: FakeStripe,
) -> None:
    stripe.status = 500
    comes(event("customer.subscription.created", sells_with_discount(stripe), START), at=START)
    assert (amounts(), StripeParked.objects.count()) == ([], 1)
    stripe.status = 0
    fetching._rests["until"] = 0.0
    assert amounts(2 * HOUR) == [3920]


def test_tiers_are_fetched(stripe: FakeStripe) -> None:
    tiered = price(0, unit_amount=None, unit_amount_decimal=None, billing_scheme="tiered",
                   tiers_mode="graduated")  # fmt: skip
    stripe.prices["price_1"] = {**tiered, "tiers": TIERS}
    thing = subscription(quantity=7, price=tiered)
    comes(event("customer.subscription.created", thing, START), at=START)
    assert amounts() == [6600]


def test_a_discount_that_stripe_has_no_more_holds_nobody_up(stripe: FakeStripe) -> None:
    stripe.subscriptions["sub_1"] = subscription()
    thing = subscription(discounts=["di_gone"])
    comes(event("customer.subscription.created", thing, START), at=START)
    assert amounts() == [4900]


def test_without_a_key_the_discounts_own_notice_tells(
    workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENURE_STRIPE_KEY", raising=False)
    thing = subscription(discounts=["di_1"])
    comes(event("customer.subscription.created", thing, START), at=START)
    assert amounts() == []
    comes(event("customer.discount.created", discount(), START), at=START)
    assert amounts(2 * HOUR) == [3920]


@pytest.mark.parametrize("told", ["by a notice", "by nobody"])
def test_a_discount_that_ended_is_told_on_its_day(stripe: FakeStripe, told: str) -> None:
    end = START + 24 * HOUR
    thing = sells_with_discount(stripe, end=None if told == "by a notice" else stamp(end))
    comes(event("customer.subscription.created", thing, START), at=START)
    assert amounts() == [3920]
    stripe.subscriptions["sub_1"] = subscription()  # it is off no more
    if told == "by a notice":
        comes(event("customer.discount.deleted", discount("co_20"), end), at=end)
    else:
        assert amounts(23 * HOUR) == [3920]
    assert amounts(25 * HOUR) == [3920, 4900]
    (found,) = rows_of("subscriptions", "cus_1", end + 2 * HOUR)
    assert found["updated_at"] == end
    assert "discounts" not in json.loads(found["properties"])
    assert amounts(26 * HOUR) == [3920, 4900]


def test_an_end_that_is_looked_at_late_does_not_overtake_what_was_heard_since(
    stripe: FakeStripe,
) -> None:
    end = START + 24 * HOUR
    thing = sells_with_discount(stripe, end=stamp(end))
    comes(event("customer.subscription.created", thing, START), at=START)
    stripe.status = 500
    two = subscription(quantity=2)
    comes(event("customer.subscription.updated", two, end + HOUR), at=end + HOUR)
    stripe.status, stripe.subscriptions["sub_1"] = 0, two
    fetching._rests["until"] = 0.0
    assert amounts(27 * HOUR) == [3920, 9800, 9800]
