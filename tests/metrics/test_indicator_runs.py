"""Indicators over a lake: counted once, judged against their own past, told of, and taught."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from health import companies

from tenure.core import policy, schedule
from tenure.facts.models import InboxRow
from tenure.metrics.alerts import actions as alerts
from tenure.metrics.alerts.models import Alert
from tenure.metrics.indicators import actions, documents, jobs, queries
from tenure.metrics.indicators.models import IndicatorValue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
MONDAY = datetime(2026, 3, 2, 2, tzinfo=UTC)


def day(n: float) -> datetime:
    return MONDAY + timedelta(days=n)


def people(first: int, last: int, of: Any, start: int = 0) -> list[dict[str, Any]]:
    """``of(weekday)`` people on each day from ``first`` to ``last`` (days from Monday)."""
    rows = []
    for n in range(first, last):
        at = day(n).replace(hour=10)
        rows += [
            {
                "message_id": f"{start}-{n}-{p}", "account_id": "a", "person_id": f"p{p}",
                "event": "Signed In", "timestamp": at,
            }
            for p in range(of(at.weekday()))
        ]  # fmt: skip
    return rows


def working(weekday: int) -> int:
    return 10 if weekday > 4 else 60


@pytest.fixture
@worlds.once
def quarter(workspace: Any, db: None) -> None:
    """Thirteen weeks of a product used on working days, up to Sunday 1 March."""
    companies.accounts("a")
    companies.add(1, events=people(-91, 0, working))


@pytest.fixture
@worlds.once
def counted(quarter: None) -> actions.Done:
    """What was counted on the Monday after."""
    return actions.run(MONDAY)


def active(start: datetime, segment: str = "") -> IndicatorValue:
    return IndicatorValue.objects.get(
        indicator="active_people", segment=segment, start=start.date()
    )


def facts(event: str) -> list[dict[str, Any]]:
    rows = [r for box in InboxRow.objects.order_by("pk") for r in json.loads(bytes(box.body))]
    return [r for r in rows if r["event"] == f"tenure.{event}"]


def test_a_working_week_is_as_expected(counted: actions.Done) -> None:
    assert counted.alarms == 0
    sunday, friday = active(day(-1)), active(day(-3))
    assert (sunday.value, sunday.expected, sunday.status) == (10, 10, "fine")
    assert (friday.value, friday.expected, friday.status) == (60, 60, "fine")
    assert active(day(-80)).status == "unknown"  # nothing to compare with yet
    assert not Alert.objects.exists()


def test_again_is_once_and_only_new_days_are_counted(counted: actions.Done) -> None:
    before = list(IndicatorValue.objects.order_by("pk").values_list("pk", "value"))
    assert counted.counted > 91
    assert actions.run(MONDAY).counted == 0
    assert list(IndicatorValue.objects.order_by("pk").values_list("pk", "value")) == before
    companies.add(2, events=people(0, 1, working, 2))
    daily = [n for n, of in documents.current().indicators.items() if of.cadence == "daily"]
    assert actions.run(day(1)).counted == len(daily)


@pytest.mark.usefixtures("counted")
def test_a_drop_is_told_after_two_days_and_ends_by_itself() -> None:
    for n in range(2):
        companies.add(2 + n, events=people(n, n + 1, lambda _: 20, 2))
        done = actions.run(day(n + 1))
        assert done.alarms == n
    alert = Alert.objects.get()
    assert (alert.key, alert.severity, alert.state) == ("indicator:active_people:", "high", "open")
    assert alert.says.startswith("20 on Tuesday 3 March 2026; expected 60, at least")
    companies.add(5, events=people(2, 3, lambda _: 18, 2))
    actions.run(day(3))
    assert Alert.objects.get().periods == 3  # updated, not doubled
    companies.add(6, events=people(3, 4, working, 2))
    actions.run(day(4))
    assert Alert.objects.get().state == "closed"
    assert [f["properties"]["signal"] for f in facts("alert_opened")] == ["active_people"]
    assert len(facts("alert_closed")) == 1


@pytest.mark.usefixtures("counted")
def test_a_false_alarm_widens_the_band_of_what_comes(bob: Any) -> None:
    for n in range(2):
        companies.add(2 + n, events=people(n, n + 1, lambda _: 32, 2))
        actions.run(day(n + 1))
    alert = Alert.objects.get()
    narrow = active(day(1)).low
    alerts.mark(alert, "false_alarm", bob, now=day(2))
    companies.add(5, events=people(2, 3, lambda _: 32, 2))
    actions.run(day(3))
    wider = active(day(2))
    assert wider.factor == 1.25
    assert narrow is not None
    assert wider.low is not None
    assert wider.low < narrow
    assert wider.status == "fine"
    assert queries.indicators(only="active_people")[0].factor == 1.25
    alerts.mark(alert, "useful", bob, now=day(3))
    assert queries.indicators(only="active_people")[0].factor == 1.0


@pytest.mark.usefixtures("counted")
def test_history_that_is_imported_later_is_counted_anew() -> None:
    more = [r | {"person_id": "new", "message_id": "x" + r["message_id"]}
            for r in people(-10, -9, lambda _: 1)]  # fmt: skip
    companies.add(9, events=more)
    assert actions.run(MONDAY).counted > 0
    assert active(day(-10)).value == working(day(-10).weekday()) + 1


@pytest.mark.usefixtures("counted")
def test_facts_that_arrive_late_change_no_kept_figure() -> None:
    late = [r | {"person_id": "late", "message_id": "y" + r["message_id"],
                 "received_at": day(0.1)} for r in people(-3, -2, lambda _: 1)]  # fmt: skip
    companies.add(9, events=late)
    actions.run(day(1))
    assert active(day(-3)).value == 60


@pytest.mark.usefixtures("counted")
def test_a_changed_definition_is_counted_anew() -> None:
    text = policy.text("indicators").replace('events = ["@session"]', 'events = ["Nothing"]')
    policy.save("indicators", text, "alice", "", MONDAY)
    actions.run(MONDAY)
    assert active(day(-3)).value is None


def test_an_empty_workspace_has_no_figures_and_no_alarm() -> None:
    assert actions.run(MONDAY).alarms == 0
    assert {s.status for s in queries.indicators()} == {"unknown"}
    assert actions.run(MONDAY).counted == 0


def test_segments_are_those_of_the_time() -> None:
    """Accounts of two tiers by what they pay, scored every week."""
    from tenure.health import scoring

    companies.accounts("rich", "poor")
    companies.add(
        1,
        subscriptions=[
            companies.subscription("rich", day(-200), mrr_minor=900_000),
            companies.subscription("poor", day(-200), mrr_minor=2_000),
        ],
        events=[*companies.use("rich", day(-60), 60, people=3),
                *companies.use("poor", day(-60), 60, people=1)],
    )  # fmt: skip
    scoring.backtest([day(-30), day(-14)], now=MONDAY)
    actions.run(MONDAY)
    assert active(day(-2)).value == 4
    assert active(day(-2), "enterprise").value == 3
    assert active(day(-2), "smb").value == 1
    tiers = IndicatorValue.objects.filter(indicator="active_people").exclude(segment="")
    assert not tiers.filter(start__lt=day(-32)).exists()
    (enterprise, *_) = queries.by_segment("active_people")
    assert (enterprise.segment, enterprise.last.value) == ("enterprise", 3)  # type: ignore[union-attr]
    health = IndicatorValue.objects.get(
        indicator="healthy_share", segment="", start=datetime(2026, 2, 1).date()
    )
    assert health.base == 2


def test_the_job_runs_every_night() -> None:
    assert schedule.periodics[jobs.COUNT].period == timedelta(days=1)


def test_a_document_with_an_unknown_role_is_refused() -> None:
    from tenure.analytics.errors import SpecError

    text = policy.text("indicators").replace('["@session"]', '["@sesion"]')
    with pytest.raises(SpecError) as refused:
        policy.save("indicators", text, "alice", "", MONDAY)
    assert refused.value.key == "indicators.active_people.events"
