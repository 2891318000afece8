"""The pattern of a month, and what followed a change."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from health.companies import add, subscription

from tenure.analytics.errors import SpecError
from tenure.learning.investigations import months, patterns, reviewing, settings
from tenure.learning.investigations.models import Change, Investigation, Review
from tenure.learning.investigations.patterns import Loss

RULES = settings.packaged().review
MAY = date(2026, 5, 1)
NOW = datetime(2026, 6, 20, tzinfo=UTC)


def losses(month: int, n: int, cause: str, **fields: Any) -> list[Loss]:
    told = {"kind": "voluntary", "verdict": "preventable", "mrr_minor": 1000, "currency": "EUR"}
    return [
        Loss(date(2026, month, 1), f"{cause}{month}{i}", cause, **{**told, **fields})
        for i in range(n)
    ]


def test_the_examples_work() -> None:
    assert doctest.testmod(patterns).failed == 0


def test_a_month_by_hand() -> None:
    some = [
        *losses(5, 3, "price", plan_id="pro", segments=("big", "eu")),
        *losses(5, 1, "", verdict="unclear", mrr_minor=0, kind="unknown"),
        *losses(5, 1, "need_ended", verdict="not_preventable", currency="USD", segments=("eu",)),
        *losses(4, 2, "price"),
    ]
    told = patterns.report(some, MAY, RULES)
    assert (told["losses"], told["before"]) == (5, 2)
    assert told["lost"] == [
        {"currency": "EUR", "mrr_minor": 3000}, {"currency": "USD", "mrr_minor": 1000},
    ]  # fmt: skip
    share = told["preventable"]
    # Wilson's interval of 3 of 4, by hand: (0.75 + 0.4802 -/+ 0.6366) / 1.9604
    assert (share["hits"], share["of"]) == (3, 4)
    assert (share["low"], share["high"]) == (
        pytest.approx(0.3006, abs=1e-3), pytest.approx(0.9544, abs=1e-3),
    )  # fmt: skip
    assert [(g["name"], g["losses"]) for g in told["by_segment"]] == [("eu", 4), ("big", 3)]
    assert [g["name"] for g in told["by_cause"]] == ["price", "", "need_ended"]
    assert told["repeated"] == [{"cause": "price", "counts": [0, 2, 3]}]


@pytest.mark.parametrize(
    ("counts", "repeats"), [((0, 0, 5), False), ((0, 1, 2), False), ((1, 0, 3), True)]
)
def test_a_cause_repeats_by_number_and_by_months(counts: tuple[int, ...], repeats: bool) -> None:
    some = [one for m, n in zip((3, 4, 5), counts, strict=True) for one in losses(m, n, "price")]
    assert bool(patterns.repeated(some, MAY, RULES)) == repeats


def test_what_followed_looks_at_as_many_months_on_both_sides() -> None:
    some = [*losses(1, 4, "price"), *losses(2, 3, "price"), *losses(4, 1, "price"),
            *losses(4, 9, "support")]  # fmt: skip
    customers = {date(2026, m, 1): 100 * m for m in range(1, 6)}
    told = patterns.followed(some, customers, "price", date(2026, 3, 31), MAY, RULES)
    assert told is not None
    assert (told.months, told.before, told.after) == (2, 7, 1)
    assert (told.before_customers, told.after_customers) == (300, 900)
    assert patterns.followed(some, {}, "price", date(2026, 5, 1), MAY, RULES) is None


@pytest.fixture
def may(workspace: Any, db: None) -> None:
    add(1, subscriptions=[
        subscription(f"a{n}", datetime(2025, 1, 1, tzinfo=UTC), updated_at=datetime(
            2025, 1, 1, tzinfo=UTC)) for n in range(10)
    ])  # fmt: skip
    for n in range(4):
        at = datetime(2026, 5, 3 + n, tzinfo=UTC)
        Investigation.objects.create(
            account_id=f"b{n}", churned_at=at, opened_at=NOW, kind="voluntary", cause="price",
            verdict="preventable", proposed_verdict="preventable", mrr_minor=100, currency="EUR",
        )  # fmt: skip


@pytest.mark.usefixtures("may")
def test_a_review_is_kept_renewed_and_closed() -> None:
    assert not Review.objects.exists()
    assert reviewing.last_whole(datetime(2026, 6, 10, tzinfo=UTC)) == date(2026, 4, 1)
    assert reviewing.last_whole(NOW) == MAY
    assert reviewing.keep_due(NOW)
    assert not reviewing.keep_due(NOW)
    assert Review.objects.get().report["losses"] == 4
    Investigation.objects.filter(account_id="b0").update(state="void")
    assert reviewing.keep(MAY, "bob", now=NOW).report["losses"] == 3
    with pytest.raises(SpecError, match="note"):
        reviewing.close(MAY, " ", "bob", now=NOW)
    reviewing.close(MAY, "Prices were too high", "bob", now=NOW)
    Investigation.objects.filter(account_id="b1").update(state="void")
    with pytest.raises(SpecError, match="closed"):
        reviewing.keep(MAY, "bob", now=NOW)
    assert reviewing.month_review(MAY)["report"]["losses"] == 3  # it stays as it was decided
    with pytest.raises(SpecError, match="not ended"):
        reviewing.keep(date(2026, 6, 1), "bob", now=NOW)


@pytest.mark.usefixtures("may")
def test_a_change_is_decided_done_and_followed() -> None:
    given = {"cause": "price", "kind": "product", "title": "A smaller plan", "owner": "Bob"}
    for key in given:
        with pytest.raises(SpecError, match=key):
            reviewing.decide_change(
                MAY, "bob", **{**given, key: ""}, due_on=date(2026, 6, 1), now=NOW
            )
    with pytest.raises(SpecError, match="due_on"):
        reviewing.decide_change(MAY, "bob", **given, due_on=None, now=NOW)
    made = reviewing.decide_change(MAY, "bob", **given, due_on=date(2026, 6, 1), now=NOW)
    [told] = reviewing.changes(NOW)
    assert (told.overdue, told.followed) == (True, None)
    reviewing.end_change(made.pk, "done", "bob", now=NOW)
    [told] = reviewing.changes(NOW)
    assert (told.overdue, told.followed) == (False, None)
    [told] = reviewing.changes(NOW + timedelta(days=60))
    assert told.followed is not None
    assert (told.followed.months, told.followed.before, told.followed.after) == (1, 4, 0)
    assert (told.followed.before_customers, told.followed.after_customers) == (10, 10)
    reviewing.end_change(made.pk, "open", "bob", now=NOW)
    assert Change.objects.get().ended_on is None
    with pytest.raises(SpecError):
        reviewing.end_change(made.pk, "lost", "bob", now=NOW)


def test_months_are_those_of_utc() -> None:
    assert doctest.testmod(months).failed == 0
    assert months.of(datetime.fromisoformat("2026-06-01T00:30:00+02:00")) == MAY
