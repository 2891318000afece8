"""Experiments kept in the workspace, from the question to what was learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from health.companies import add, subscription

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.models import AuditEntry
from tenure.facts import sweeping
from tenure.facts.persons import Subject
from tenure.learning.experiments import actions, measuring, queries
from tenure.learning.experiments.models import Experiment, Reading, Unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
START = datetime(2026, 3, 2, tzinfo=UTC)
LONG_AGO = START - timedelta(days=400)
ASKED = actions.ExperimentPlan(
    "welcome-call", "A call in the first week", "People who are called stay", "stayed", 0.1, 42,
    {"control": 1, "called": 1},
)  # fmt: skip


def day(n: float) -> datetime:
    return START + timedelta(days=n)


@pytest.fixture
def customers() -> list[str]:
    names = [f"a{n:04d}" for n in range(800)]
    Account.objects.bulk_create([Account(id=n, name=n, status="active") for n in names])
    return names


def leave(ids: list[str], stay: list[str]) -> None:
    """These end ten days after the start, the others stay."""
    ended = {"ended_at": day(10), "end_reason": "voluntary", "updated_at": LONG_AGO}
    lasts = {"ended_at": None, "end_reason": None, "updated_at": LONG_AGO}
    add(1, subscriptions=[
        *(subscription(a, LONG_AGO, **ended) for a in ids),
        *(subscription(a, LONG_AGO, **lasts) for a in stay),
    ])  # fmt: skip


def in_arm(name: str) -> list[str]:
    return list(Unit.objects.filter(arm=name).order_by("pk").values_list("account_id", flat=True))


def test_the_plan_says_what_is_needed_before_anything_is_known(customers: list[str]) -> None:
    leave(customers[:0], customers)
    # Nobody has left, so 99 % is planned with: a rise of ten points is not to be had.
    with pytest.raises(SpecError, match="smaller change"):
        actions.reckon(ASKED, START)
    told = actions.reckon(replace(ASKED, effect=0.005), START)
    assert (told["available"], told["baseline"], told["enough"]) == (800, 0.99, False)


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"key": "Welcome Call"}, "key"), ({"title": " "}, "title"), ({"effect": 0.0}, "effect"),
        ({"hypothesis": ""}, "hypothesis"), ({"days": 40}, "days"), ({"days": 98}, "days"),
        ({"arms": {"control": 1}}, "arms"), ({"arms": {"a": 1, "b": 0}}, "arms"),
        ({"metric": "luck"}, "metric"), ({"metric": "signal:luck"}, "metric"),
        ({"segment": "nowhere"}, "segment"), ({"guardrails": {"luck": True}}, "metric"),
        ({"guardrails": {"stayed": True}}, "guardrails"),
    ],
)  # fmt: skip
def test_a_question_that_is_not_sound_is_refused(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError) as error:
        actions.make(replace(ASKED, **wrong), "bob", now=START)
    assert error.value.key == key
    assert not Experiment.objects.exists()


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers stayed at 80 % before: what is planned with."""
    monkeypatch.setattr(measuring, "_stay", lambda days, now: 0.8)


def run(watched: bool = False) -> Experiment:
    actions.make(replace(ASKED, watched=watched), "bob", now=START)
    return actions.start("welcome-call", "bob", now=START)


def test_the_plan_is_that_of_the_library(customers: list[str], base: None) -> None:
    told = actions.reckon(ASKED, START)
    assert told["needed"] == 398  # Fleiss: 199 an arm find 0.8 against 0.9 with 80 % power
    assert told["enough"]
    assert told["visible"] < 0.1
    assert not actions.reckon(replace(ASKED, effect=0.01), START)["enough"]
    assert actions.reckon(replace(ASKED, watched=True), START)["needed"] > told["needed"]


def test_arms_are_drawn_once_and_stay(customers: list[str], base: None) -> None:
    run()
    assert sum(queries.counts(Experiment.objects.get()).values()) == 800
    first = [actions.arm_of("welcome-call", a) for a in customers]
    assert set(first) == {"control", "called"}
    assert [actions.arm_of("welcome-call", a) for a in customers] == first
    Account.objects.create(id="late", name="Late", status="active")
    assert actions.arm_of("welcome-call", "late") == ""
    with pytest.raises(SpecError, match="running"):
        actions.start("welcome-call", "bob", now=START)
    with pytest.raises(SpecError, match="taken"):
        actions.make(ASKED, "bob", now=START)


def test_it_is_looked_at_once_and_tells_what_was_so(
    customers: list[str], base: None, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    run()
    gone = in_arm("control")[:120] + in_arm("called")[:40]
    leave(gone, [c for c in customers if c not in set(gone)])
    with pytest.raises(SpecError, match="looked at once"):
        actions.look("welcome-call", "bob", now=day(41))
    seen = actions.look("welcome-call", "bob", now=day(42))
    [told] = seen.result["results"]
    assert told["verdict"] == "works"
    n = {name: len(in_arm(name)) for name in ("control", "called")}
    assert told["control_mean"] == pytest.approx(1 - 120 / n["control"])
    assert told["treated_mean"] == pytest.approx(1 - 40 / n["called"])
    assert queries.headline(Experiment.objects.get()) == "called: It works"
    with pytest.raises(SpecError, match="learned"):
        actions.stop("welcome-call", " ", "bob", now=day(43))
    actions.stop("welcome-call", "Calls help: keep them", "bob", now=day(43))
    assert Reading.objects.filter(final=True).count() == 1
    assert actions.arm_of("welcome-call", customers[0]) == ""
    actions_done = AuditEntry.objects.filter(target_kind="experiment").order_by("pk")
    assert [e.action for e in actions_done] == [
        "experiment.planned", "experiment.started", "experiment.looked", "experiment.stopped",
    ]  # fmt: skip


def test_a_watched_one_may_be_looked_at_and_is_wider(customers: list[str], base: None) -> None:
    run(watched=True)
    gone = in_arm("control")[:60] + in_arm("called")[:40]
    leave(gone, [c for c in customers if c not in set(gone)])
    [told] = actions.look("welcome-call", "bob", now=day(30)).result["results"]
    assert told["watched"]
    Experiment.objects.update(watched=False)
    [once] = actions.look("welcome-call", "bob", now=day(42)).result["results"]
    wide, narrow = told["difference"], once["difference"]
    assert wide["high"] - wide["low"] > narrow["high"] - narrow["low"]


def test_churn_that_is_not_known_yet_does_not_count(customers: list[str], base: None) -> None:
    run(watched=True)
    gone = in_arm("control")[:60]
    leave(gone, [c for c in customers if c not in set(gone)])
    [told] = actions.look("welcome-call", "bob", now=day(12)).result["results"]
    assert told["control_mean"] == 1.0  # left on day 10, known after the days of grace


def test_stopped_early_it_is_archived_without_a_result(customers: list[str], base: None) -> None:
    run()
    actions.stop("welcome-call", "The team has no time", "bob", now=day(3))
    assert not Reading.objects.exists()
    assert queries.detail("welcome-call")["state"] == "stopped"  # type: ignore[index]


def test_arms_that_lost_units_break_the_assignment(customers: list[str], base: None) -> None:
    run(watched=True)
    leave([], customers)
    Unit.objects.filter(account_id__in=in_arm("control")[:200]).delete()
    [told] = actions.look("welcome-call", "bob", now=day(20)).result["results"]
    assert told["verdict"] == "assignment_broken"
    assert told["difference"] is None


def test_without_customers_nothing_starts(base: None) -> None:
    actions.make(ASKED, "bob", now=START)
    with pytest.raises(SpecError, match="empty"):
        actions.start("welcome-call", "bob", now=START)


def test_nothing_has_run_by_itself_in_an_empty_workspace() -> None:
    assert queries.trials(START) == []


def test_a_person_named_in_a_text_is_forgotten(customers: list[str], base: None) -> None:
    actions.make(replace(ASKED, hypothesis="ann@acme.example asked for it"), "bob", now=START)
    ann = Subject(("ann",), ("ann@acme.example",))
    assert [m["field"] for m in sweeping.mentions(ann)] == ["hypothesis"]
    assert sweeping.sweep(ann, "gone-1") == 1
    assert "ann@" not in Experiment.objects.get().hypothesis
    assert sweeping.mentions(ann) == []
