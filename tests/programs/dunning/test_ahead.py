"""Before a payment can fail: cards that expire, one card alone, yearly bills; each said once."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.accounts.models import Account, Membership, Person
from tenure.analytics.errors import SpecError
from tenure.channels.models import Message
from tenure.connectors.posted import accepting
from tenure.core import jobs as work
from tenure.core import policy
from tenure.facts.periodic_tasks import flush_now
from tenure.programs.dunning import periodic_tasks, pre_dunning, pre_dunning_mails, settings
from tenure.programs.dunning.pre_dunning import Card, Paying

RULES = settings.packaged().ahead
MAY = datetime(2026, 5, 1, tzinfo=UTC)
APRIL = Card("c1", "acme", "visa", "4242", 4, 2026)  # valid until the end of April
BEGAN = datetime(2025, 1, 10, tzinfo=UTC)
YEARLY = Paying("s1", "acme", BEGAN, datetime(2026, 7, 1, tzinfo=UTC), True, 120_000, "EUR")
MONTHLY = replace(YEARLY, yearly=False, amount_minor=10_000)


def before(days: float) -> datetime:
    return MAY - timedelta(days=days)


def keys(cards: list[Card], paying: list[Paying], now: datetime, **more: Any) -> list[str]:
    return [s.key for s in pre_dunning.due(cards, paying, RULES.model_copy(update=more), now)]


def test_the_examples_work() -> None:
    assert doctest.testmod(pre_dunning).failed == 0


@pytest.mark.parametrize(
    ("days", "step"),
    [(31, None), (30, 30), (16, 30), (15, 15), (8, 15), (7, 7), (0.5, 7), (0, None), (-3, None)],
)
def test_an_alert_at_30_15_and_7_days_and_none_once_it_has_expired(
    days: float, step: int | None
) -> None:
    said = pre_dunning.expiring([APRIL], RULES, before(days))
    assert (said.days if said else None) == step
    if said:
        assert (said.key, said.at) == (f"ahead:expiry:c1:2026-04:{step}", MAY)


def test_a_card_that_a_card_updater_replaces_gets_no_alert() -> None:
    assert keys([APRIL], [MONTHLY], before(10), updaters=("visa",)) == []
    assert keys([replace(APRIL, self_updating=True)], [MONTHLY], before(10)) == []
    assert len(keys([APRIL], [MONTHLY], before(10), updaters=("mastercard",))) == 1


def test_what_counts_is_the_card_that_is_charged() -> None:
    later = Card("c2", "acme", "visa", "1111", 12, 2028)
    assert keys([APRIL, later], [MONTHLY], before(10)) == []
    assert len(keys([replace(APRIL, is_default=True), later], [MONTHLY], before(10))) == 1
    assert keys([APRIL, replace(later, is_default=True)], [MONTHLY], before(10)) == []
    unknown = Card("c3", "acme")
    assert len(keys([APRIL, unknown], [MONTHLY], before(10))) == 1


def test_a_new_date_is_a_new_card_and_its_alerts_begin_anew() -> None:
    renewed = replace(APRIL, exp_year=2029)
    assert keys([renewed], [MONTHLY], before(10)) == []
    (key,) = keys([renewed], [MONTHLY], datetime(2029, 4, 25, tzinfo=UTC))
    assert key == "ahead:expiry:c1:2029-04:7"


def test_nobody_who_pays_nothing_is_written_to() -> None:
    assert keys([APRIL], [], before(10)) == []


def test_a_second_card_is_asked_for_once_at_the_beginning() -> None:
    card = Card("c1", "acme", "visa", "4242", 12, 2030)
    new = replace(MONTHLY, began_at=MAY)

    def asked(days: float, *cards: Card) -> list[str]:
        return keys([*cards], [new], MAY + timedelta(days=days))

    assert asked(2.9, card) == []
    assert asked(3, card) == asked(16.9, card) == ["ahead:backup:acme"]
    assert asked(17, card) == []  # too late to be about the beginning
    assert asked(5, card, replace(card, card_id="c2")) == []
    assert asked(5) == []  # paid in some other way
    assert keys([card], [new], MAY + timedelta(days=5), backup_days=0) == []


def test_a_yearly_bill_is_told_before_and_a_monthly_one_is_not() -> None:
    at = YEARLY.renews_at
    assert at is not None
    assert keys([], [YEARLY], at - timedelta(days=31)) == []
    assert keys([], [YEARLY], at - timedelta(days=30)) == ["ahead:yearly:s1:2026-07-01"]
    assert keys([], [YEARLY], at) == []
    assert keys([], [MONTHLY], at - timedelta(days=5)) == []
    assert keys([], [YEARLY], at - timedelta(days=5), yearly_days=0) == []


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(2026, 2028), st.booleans()), max_size=4),
    st.integers(0, 1000),
)
def test_at_most_one_alert_a_day_and_never_of_a_card_that_is_valid_for_long(
    cards: list[tuple[int, int, bool]], day: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    held = [
        Card(f"c{n}", "acme", "visa", "1", month, year, default)
        for n, (month, year, default) in enumerate(cards)
    ]
    found = [s for s in pre_dunning.due(held, [MONTHLY], RULES, now) if s.what == "expiry"]
    assert len(found) <= 1
    for said in found:
        assert timedelta() < said.at - now <= timedelta(days=said.days)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expiry_days = [30, 15, 7]", "expiry_days = [7, 15]", "from far to near"),
        ("ending in {last4} expires {expires}", "ending in {pan}", "names {pan}"),
        ("yearly_days = 30 ", "yearly_days = 300 ", "yearly_days"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(old: str, new: str, words: str) -> None:
    text = settings.DEFAULT.read_text("utf-8")
    assert old in text
    with pytest.raises(SpecError, match=words):
        settings.parse("dunning", text.replace(old, new))


# --- With facts, a clock that moves and mails that are written.


class Town:
    """One account that pays by card; tells facts and lets mornings pass."""

    def __init__(self) -> None:
        self.now = before(40)

    def tell(self, table: str, **row: Any) -> None:
        texts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
        assert not accepting.take(table, [texts], source="shop", backfill=False, now=self.now)
        flush_now(self.now + timedelta(seconds=1))

    def card(self, month: int, year: int, **more: Any) -> None:
        self.tell("cards", card_id="c1", account_id="acme", updated_at=self.now, status="active",
                  network="visa", last4="4242", exp_month=month, exp_year=year, **more)  # fmt: skip

    def until(self, moment: datetime) -> list[str]:
        """Every morning the job runs; gives the subjects of what was newly written."""
        known = set(Message.objects.values_list("key", flat=True))
        while self.now < moment:
            self.now += timedelta(days=1)
            work.enqueue(periodic_tasks.AHEAD, now=self.now)
            work.run_all("tests", lambda: self.now)
        fresh = Message.objects.exclude(key__in=known).order_by("pk")
        return [m.content["subject"] for m in fresh]


def switch_on(*changes: tuple[str, str]) -> None:
    text = settings.DEFAULT.read_text("utf-8").replace("on = false", "on = true")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    policy.save(settings.DOCUMENT, text, "alice", "", NOW)


@pytest.fixture
def town(workspace: Any, db: None) -> Town:
    account = Account.objects.create(id="acme", name="Acme")
    ann = Person.objects.create(id="ann", name="Ann", email="ann@acme.example")
    Membership.objects.create(person=ann, account=account, role="admin")
    there = Town()
    there.tell("plans", plan_id="pro", updated_at=before(60), name="Pro", interval="year",
               price_minor=120_000, currency="EUR")  # fmt: skip
    there.tell(
        "subscriptions", subscription_id="s1", account_id="acme", status="active", plan_id="pro",
        mrr_minor=10_000, currency="EUR", started_at=before(345), updated_at=before(50),
        renews_at=MAY + timedelta(days=20),
    )  # fmt: skip
    return there


def test_three_alerts_a_yearly_notice_and_then_the_card_expires(town: Town) -> None:
    switch_on()
    town.card(4, 2026)
    assert town.until(before(20)) == ["Your card ending in 4242 expires April 2026"]
    assert town.until(before(8)) == [
        "Your card ending in 4242 expires April 2026",
        "Your subscription renews on 21 May 2026",
    ]
    assert len(town.until(before(1))) == 1
    assert town.until(MAY + timedelta(days=5)) == []
    mail = Message.objects.order_by("pk").first()
    assert mail is not None
    assert mail.address == "ann@acme.example"
    assert "/m/card/" in mail.content["text"]
    assert "Visa card ending in 4242" in mail.content["text"]
    yearly = Message.objects.get(source="ahead:yearly")
    assert "1,200.00 EUR" in yearly.content["text"]


def test_when_the_card_updater_tells_a_new_date_no_further_alert_goes_out(town: Town) -> None:
    switch_on(("yearly_days = 30", "yearly_days = 0"))
    town.card(4, 2026)
    assert len(town.until(before(20))) == 1
    town.card(4, 2029)
    assert town.until(MAY) == []


def test_a_card_that_was_taken_away_and_a_subscription_that_ends_are_left_alone(
    town: Town,
) -> None:
    switch_on(("yearly_days = 30", "yearly_days = 0"))
    town.card(4, 2026)
    town.tell(
        "subscriptions", subscription_id="s1", account_id="acme", status="active", plan_id="pro",
        mrr_minor=10_000, currency="EUR", started_at=before(345), updated_at=town.now,
        ended_at=before(30), end_reason="voluntary",
    )  # fmt: skip
    assert town.until(before(5)) == []


def test_while_it_is_off_nobody_is_written_to_and_what_would_be_is_listed(town: Town) -> None:
    town.card(4, 2026)
    assert town.until(before(10)) == []
    (yearly, card) = sorted(
        pre_dunning_mails.listed(town.now), key=lambda x: x.said.what, reverse=True
    )
    assert (card.account, card.to, card.state) == ("acme", "ann@acme.example", "")
    assert yearly.said.what == "yearly"
    switch_on()
    assert len(town.until(before(9))) == 2
    assert {line.state for line in pre_dunning_mails.listed(town.now)} == {"queued"}


def test_an_account_without_an_address_is_listed_and_not_written_to(town: Town) -> None:
    switch_on()
    Person.objects.update(email="")
    town.card(4, 2026)
    assert town.until(before(10)) == []
    assert {line.to for line in pre_dunning_mails.listed(town.now)} == {""}


def test_what_is_known_later_changes_nothing_said_before(town: Town) -> None:
    town.card(4, 2026)
    then = before(20)
    known = [s.said for s in pre_dunning_mails.listed(then, known_at=then)]
    town.now = before(5)
    town.card(4, 2030)
    assert [s.said for s in pre_dunning_mails.listed(then, known_at=then)] == known
