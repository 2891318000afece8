"""What is missing is said: on the Health page, by tenure score and by the doctor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from companies import accounts, add, subscription, use

from tenure.core import policy as documents
from tenure.health import actions, doctor, gaps
from tenure.health.cli.score import summary
from tenure.health.models import AccountHealth

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]
T = datetime(2026, 3, 2, tzinfo=UTC)
START = T - timedelta(days=120)


def company(number: int = 1, **changed: Any) -> None:
    """One customer with daily use; ``changed`` of its subscription or, by name, of its events."""
    event = changed.pop("event", {})
    events = [row | event for row in use("busy", START, 120)]
    accounts("busy")
    add(
        number,
        accounts=[{"account_id": "busy", "name": "busy"}],
        subscriptions=[subscription("busy", START, **changed)],
        events=events,
    )


def found(**changed: Any) -> list[gaps.Gap]:
    company(**changed)
    return gaps.of_summary(actions.run_scoring(T, now=T).summary)


def test_events_that_name_nobody_are_said_and_do_not_make_anybody_critical() -> None:
    told = [g for g in found(event={"person_id": None}) if g.kind == "people"]
    assert len(told) == 1
    assert told[0].text.startswith("None of the 900 events of the last 90 days names a person.")
    assert "person_id=COLUMN" in told[0].remedy
    row = AccountHealth.objects.get()
    assert "active_people_28d" not in row.signals
    assert row.band != "critical"
    assert row.coverage < 0.9


def test_subscriptions_without_an_amount_are_said() -> None:
    told = [g for g in found(mrr_minor=None) if g.kind == "amounts"]
    assert [g.text.split(".")[0] for g in told] == [
        "1 subscription pays and has no amount (s-busy)"
    ]
    assert "mrr_minor" not in AccountHealth.objects.get().signals


def test_a_role_that_no_event_plays_is_said_with_the_events_there_are() -> None:
    told = [g for g in found(event={"event": "Entrou no sistema"}) if g.kind == "roles"]
    assert len(told) == 1
    assert "@login (Signing in: " in told[0].text
    assert "Your most frequent events without a role: Entrou no sistema." in told[0].text
    assert "signals/roles" in told[0].remedy


def test_a_role_that_is_given_up_is_not_missed() -> None:
    text = documents.text("signals/roles")
    for name in ("community", "referral", "feature_request", "training"):
        head, _, rest = text.partition(f"[roles.{name}]")
        title, _, tail = rest.partition("events = [")
        text = f"{head}[roles.{name}]{title}events = [{tail[tail.index(']') :]}"
    documents.save("signals/roles", text, "tests", "", T)
    told = [g.text for g in found() if g.kind == "roles"]
    assert not any("@community" in t or "@referral" in t for t in told)


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert [g for g in found() if g.kind != "roles"] == []


def test_the_doctor_and_the_command_say_it_too() -> None:
    assert [f.text for f in doctor.scores(None, T)] == ["nothing is scored yet"]  # type: ignore[arg-type]
    company(event={"person_id": None})
    run = actions.run_scoring(T, now=T)
    texts = [g["text"] for g in summary(run)["gaps"]]
    assert texts[0].startswith("None of the 900 events")
    assert [f.text for f in doctor.scores(None, T)] == texts  # type: ignore[arg-type]


def test_a_score_of_the_past_says_nothing_about_now() -> None:
    company(event={"person_id": None})
    actions.run_scoring(T, now=T)
    past = actions.run_scoring(T - timedelta(days=10), now=T)
    assert (past.purpose, past.summary["gaps"]) == ("backtest", [])
