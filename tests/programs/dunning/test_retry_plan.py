"""When a card is tried again: by example, and whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.programs.dunning import settings as document
from tenure.programs.dunning.declines import Decline, packaged, understand
from tenure.programs.dunning.schedule import (
    Learned,
    Situation,
    Tried,
    allowed_from,
    decide,
    learn,
)

NUMBERS, TABLE = document.packaged(), packaged()
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOFT = understand(TABLE, "insufficient_funds")
CODES = [*TABLE.stripe, *TABLE.iso8583]


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def days(n: float) -> timedelta:
    return timedelta(days=n)


def test_a_soft_decline_is_tried_on_the_days_of_the_plan() -> None:
    tried, now, found = [Tried(MONDAY)], MONDAY, []
    while (step := decide(Situation(MONDAY, SOFT, tried), NUMBERS, now)).act == "retry":
        assert step.at is not None
        found.append(round((step.at - MONDAY) / days(1)))
        now = step.at
        tried.append(Tried(now))
    assert found == [1, 3, 5, 8]
    assert step.reason == "all 4 tries of the plan were made"


@pytest.mark.parametrize(
    ("code", "act"),
    [("expired_card", "ask"), ("stolen_card", "ask"), ("authentication_required", "confirm"),
     ("stop_payment_order", "ask"), ("invalid_amount", "look")],
)  # fmt: skip
def test_what_is_not_soft_is_not_tried_again(code: str, act: str) -> None:
    here = Situation(MONDAY, understand(TABLE, code), [Tried(MONDAY)])
    assert decide(here, NUMBERS, MONDAY).act == act


def test_a_new_card_is_tried_at_once() -> None:
    here = Situation(
        MONDAY, understand(TABLE, "expired_card"), [Tried(MONDAY, "old")], "new", "old"
    )
    assert decide(here, NUMBERS, MONDAY + days(4)).at == MONDAY + days(4)


def test_a_try_is_made_in_the_customers_morning() -> None:
    tokyo = Situation(MONDAY, SOFT, [Tried(MONDAY)], zone="Asia/Tokyo")
    step = decide(tokyo, NUMBERS, MONDAY)
    assert step.at is not None
    assert step.at.astimezone(ZoneInfo("Asia/Tokyo")).hour == NUMBERS.retries.default_hour


def test_the_bank_is_left_in_peace_for_as_long_as_it_asks() -> None:
    slow = understand(TABLE, "51", advice="27")  # four days
    step = decide(Situation(MONDAY, slow, [Tried(MONDAY)]), NUMBERS, MONDAY)
    assert step.at is not None
    assert step.at >= MONDAY + days(4)


def test_it_goes_to_the_hour_that_did_best() -> None:
    past = [(datetime(2026, 1, 1 + n % 28, 14), n % 2 == 0) for n in range(200)]
    past += [(datetime(2026, 1, 1 + n % 28, 9), n % 10 == 0) for n in range(200)]
    step = decide(
        Situation(MONDAY, SOFT, [Tried(MONDAY)]), NUMBERS, MONDAY, learn(past, NUMBERS.learning)
    )
    assert step.at is not None
    assert step.at.hour == 14
    assert "did best" in step.reason


def test_three_lucky_tries_at_night_teach_little() -> None:
    past = [(datetime(2026, 1, n, 9), n % 2 == 0) for n in range(1, 29)]
    past += [(datetime(2026, 1, 5, 3), True)] * 3
    learned = learn(past, NUMBERS.learning)
    # By hand: overall (14 + 3) / 31 = 0.5484; hour 3: (3 + 40 x 0.5484) / 43 = 0.5799.
    assert learned.overall == pytest.approx(17 / 31)
    assert learned.hours[3] == pytest.approx((3 + 40 * 17 / 31) / 43)


def test_visa_allows_the_twenty_first_try_only_after_thirty_days() -> None:
    past = [MONDAY + hours(n) for n in range(20)]
    assert allowed_from(NUMBERS.limits, "visa", past, MONDAY + hours(20)) == MONDAY + days(30)


def test_mastercard_allows_the_eleventh_try_only_after_a_day() -> None:
    past = [MONDAY + timedelta(minutes=n) for n in range(10)]
    found = allowed_from(NUMBERS.limits, "mastercard", past, MONDAY + hours(1))
    assert found == MONDAY + days(1)


def test_limits_can_be_tightened_but_not_loosened() -> None:
    text = document.DEFAULT.read_text("utf-8")
    document.parse("dunning", text.replace("most = 20", "most = 15"))
    with pytest.raises(SpecError, match="network's own rule"):
        document.parse("dunning", text.replace("most = 20", "most = 21"))


def _broken(network: str, tried: list[datetime]) -> bool:
    """A second opinion on the rules: every window that ends at an attempt, counted one by one."""
    rules = {"visa": [(20, 720)], "mastercard": [(10, 24), (35, 720)]}
    every = rules.get(network) or rules["visa"] + rules["mastercard"]
    return any(
        sum(at - hours(span) < other <= at for other in tried) > most
        for at in tried
        for most, span in every
    )


@given(
    network=st.sampled_from(["visa", "mastercard", "amex", ""]),
    codes=st.lists(st.sampled_from(CODES), min_size=1, max_size=12),
    others=st.lists(st.integers(-40 * 24, 0), max_size=34, unique=True),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles", "Pacific/Chatham"]),
    late=st.lists(st.integers(0, 50), min_size=12, max_size=12),
    new_card_at=st.none() | st.integers(0, 5),
    rates=st.dictionaries(st.integers(0, 23), st.floats(0, 1)),
)
def test_whatever_happens_no_rule_is_broken_and_it_ends(
    network: str, codes: list[str], others: list[int], zone: str, late: list[int],
    new_card_at: int | None, rates: dict[int, float],
) -> None:  # fmt: skip
    before = sorted(MONDAY + hours(n) for n in others)
    if _broken(network, [*before, MONDAY]):
        return  # others broke the rules before us
    card = "first"
    tried = [Tried(at, card, own=False) for at in before] + [Tried(MONDAY, card)]
    learned = Learned(rates, {}, 0.4, 100) if rates else Learned()
    now = MONDAY
    for round_ in range(40):
        decline: Decline = understand(TABLE, codes[min(round_, len(codes) - 1)])
        declined = card
        if new_card_at is not None and round_ == new_card_at:
            card = "second"
        here = Situation(MONDAY, decline, tuple(tried), card, declined, network, zone)
        step = decide(here, NUMBERS, now, learned)
        assert step.reason
        if step.act != "retry":
            break
        assert step.at is not None
        assert step.at >= now
        assert decline.kind == "soft" or card != declined
        now = step.at + hours(late[round_ % 12] / 10)
        again = decide(here, NUMBERS, now, learned)  # the worker asks once more before it acts
        if again.act != "retry" or again.at != now:
            now = again.at or now
            if again.act != "retry":
                break
        tried.append(Tried(now, card))
        for name in ("first", "second"):
            assert not _broken(network, [t.at for t in tried if t.card == name])
    assert step.act != "retry" or again.act != "retry"
    assert sum(t.own for t in tried) <= NUMBERS.retries.most_in_all + 1
