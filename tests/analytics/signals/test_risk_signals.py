"""Each packaged risk signal fires on the story it was published for, and not on its like."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import tenure.analytics as ta
from tenure.analytics.segments import default_segments, evaluate

T = datetime(2024, 6, 1, tzinfo=UTC)
REGISTRY = ta.default_registry()
Rows = list[dict[str, Any]]


def ago(days: float) -> datetime:
    return T - timedelta(days=days)


def used(name: str, *days: float) -> Rows:
    return [
        {"account_id": "acme", "person_id": "alice", "event": name, "timestamp": ago(d)}
        for d in days
    ]


def tickets(*days: float, **more: Any) -> Rows:
    return [{"ticket_id": f"t{d}", "account_id": "acme", "opened_at": ago(d)} | more for d in days]


def seats(*changes: tuple[float, int]) -> Rows:
    return [
        {"subscription_id": "s", "account_id": "acme", "started_at": ago(400),
         "updated_at": ago(d), "quantity": n, "status": "active"}
        for d, n in changes
    ]  # fmt: skip


def answer(score: float, days: float = 10) -> Rows:
    return [{"response_id": "r", "account_id": "acme", "survey": "nps", "score": score,
             "responded_at": ago(days)}]  # fmt: skip


def champion(left: float | None) -> Rows:
    return [{"account_id": "acme", "person_id": "alice", "role": "champion",
             "updated_at": ago(300), "left_at": ago(left) if left else None}]  # fmt: skip


def payments(*attempts: tuple[float, str]) -> Rows:
    return [
        {"payment_id": f"p{d}", "account_id": "acme", "attempted_at": ago(d), "status": s}
        for d, s in attempts
    ]


DAILY = [d + 0.5 for d in range(28)]
STORIES: list[tuple[str, dict[str, Callable[[], Rows]], bool]] = [
    ("login_frequency_down", {"events": lambda: used("Signed In", 1.5, 9.5, *DAILY[14:])}, True),
    ("login_frequency_down", {"events": lambda: used("Signed In", *DAILY[::1])}, False),
    ("key_feature_stopped", {"events": lambda: used("Task Completed", 15, 18, 22, 30)}, True),
    ("key_feature_stopped", {"events": lambda: used("Task Completed", 3, 15, 18, 22, 30)}, False),
    ("ticket_spike_then_silence", {"tickets": lambda: tickets(15, 16, 17, 60)}, True),
    ("ticket_spike_then_silence", {"tickets": lambda: tickets(2, 15, 16, 17, 60)}, False),
    ("billing_visits_up", {"events": lambda: used("Billing Page Viewed", 1, 2)}, True),
    ("billing_visits_up",
     {"events": lambda: used("Billing Page Viewed", 1, 2, 9, 12, 15, 20, 25)}, False),
    ("seats_removed", {"subscriptions": lambda: seats((400, 10), (12, 8))}, True),
    ("seats_removed", {"subscriptions": lambda: seats((400, 10), (12, 12))}, False),
    ("data_export", {"events": lambda: used("Data Exported", 2)}, True),
    ("data_export", {"events": lambda: used("Data Exported", 9)}, False),
    ("nps_low", {"responses": lambda: answer(5)}, True),
    ("nps_low", {"responses": lambda: answer(6)}, False),
    ("no_login_7d", {"events": lambda: used("Signed In", 7.5)}, True),
    ("no_login_7d", {"events": lambda: used("Signed In", 6.5)}, False),
    ("no_login_7d", {"events": lambda: used("Signed In", 8.5),
                     "accounts": lambda: [{"account_id": "acme", "created_at": ago(3)}]}, False),
    ("ticket_escalated", {"tickets": lambda: tickets(9, escalated_at=ago(8))}, True),
    ("ticket_escalated", {"tickets": lambda: tickets(60, escalated_at=ago(50))}, False),
    ("champion_leaving", {"people": lambda: champion(5)}, True),
    ("champion_leaving", {"people": lambda: champion(None)}, False),
    ("usage_down", {"events": lambda: used("Anything", 1, *[d + 28 for d in DAILY])}, True),
    ("usage_down", {"events": lambda: used("Anything", *DAILY, *[d + 28 for d in DAILY])}, False),
    ("negative_feedback", {"responses": lambda: answer(6)}, True),
    ("negative_feedback", {"responses": lambda: answer(7)}, False),
    ("negative_feedback",
     {"tickets": lambda: tickets(9, csat=1, resolved_at=ago(8))}, True),
    ("payment_failed", {"payments": lambda: payments((5, "failed"))}, True),
    ("payment_failed", {"payments": lambda: payments((5, "failed"), (3, "succeeded"))}, False),
    ("feature_requests_pile_up",
     {"events": lambda: used("Feature Requested", 1, 2),
      "tickets": lambda: tickets(5, category="feature_request")}, True),
    ("feature_requests_pile_up", {"events": lambda: used("Feature Requested", 1, 2)}, False),
]  # fmt: skip


def test_every_packaged_risk_signal_has_a_story_for_and_against() -> None:
    for fires in (True, False):
        assert {n for n, _, f in STORIES if f is fires} == set(REGISTRY.risk_signals)


@pytest.mark.parametrize(("name", "tables", "fires"), STORIES)
def test_a_story(name: str, tables: dict[str, Callable[[], Rows]], fires: bool) -> None:
    facts = ta.Dataset.from_frames(**{n: pd.DataFrame(rows()) for n, rows in tables.items()})
    parts = {p for r in REGISTRY.risk_signals.values() for p in r.parts()}
    found = ta.compute_signals(facts, REGISTRY, T, names=sorted(parts))
    assert (name in ta.fired_risk_signals(found, REGISTRY)[0]) is fires


def test_risk_needs_its_signals_computed() -> None:
    facts = ta.Dataset.from_frames(events=pd.DataFrame(used("Signed In", 1)))
    found = ta.compute_signals(facts, REGISTRY, T, names=["logins_7d"])
    with pytest.raises(ta.SpecError, match="was not computed"):
        ta.fired_risk_signals(found, REGISTRY)


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("promoter", {"responses": lambda: answer(9)}),
        ("promoter", {"responses": lambda: [r | {"survey": "review"} for r in answer(5)]}),
        ("new_use_case", {"events": lambda: used("Automation Run", 1, 2, 3),
                          "subscriptions": lambda: seats((400, 1))}),
        ("higher_plan_asked", {"events": lambda: used("Upgrade Page Viewed", 3)}),
        ("team_grows", {"events": lambda: used("Teammate Invited", 1, 2, 3)}),
        ("limit_near", {"events": lambda: used("Task Completed", *DAILY[:9]),
                        "plans": lambda: [{"plan_id": "p", "updated_at": ago(500),
                                           "usage_limit": 10, "usage_event": "Task Completed"}],
                        "subscriptions": lambda: [r | {"plan_id": "p"} for r in seats((400, 1))]}),
    ],
)  # fmt: skip
def test_signs_of_growth(name: str, tables: dict[str, Callable[[], Rows]]) -> None:
    facts = ta.Dataset.from_frames(**{n: pd.DataFrame(rows()) for n, rows in tables.items()})
    found = ta.compute_signals(facts, REGISTRY, T)
    assert name in ta.fired_opportunities(found, REGISTRY)[0]


def test_every_packaged_sign_of_growth_has_a_story() -> None:
    assert set(REGISTRY.opportunities) == {
        "limit_near", "team_grows", "higher_plan_asked", "new_use_case", "promoter",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("limit_near", {"events": lambda: used("Signed In", 3),  # the one seat bought is in use
                        "subscriptions": lambda: seats((400, 1))}),
        ("promoter", {"responses": lambda: answer(8)}),
        ("promoter", {"responses": lambda: [r | {"survey": "review"} for r in answer(3)]}),
        ("new_use_case", {"events": lambda: used("Automation Run", 1, 2, 3, 40),
                          "subscriptions": lambda: seats((400, 1))}),
        ("new_use_case", {"events": lambda: used("Automation Run", 1, 2, 3),
                          "subscriptions": lambda: [r | {"started_at": ago(50)}
                                                    for r in seats((50, 1))]}),
    ],
)  # fmt: skip
def test_no_sign_of_growth(name: str, tables: dict[str, Callable[[], Rows]]) -> None:
    facts = ta.Dataset.from_frames(**{n: pd.DataFrame(rows()) for n, rows in tables.items()})
    found = ta.compute_signals(facts, REGISTRY, T)
    assert name not in ta.fired_opportunities(found, REGISTRY)[0]


@pytest.mark.parametrize(
    ("seats", "plan", "active", "used"),
    [
        (10, {}, 10, None),  # every seat bought is used, and the plan has no limit
        (10, {"seat_limit": 15}, 10, 10 / 15),
        (14, {"seat_limit": 15}, 14, 14 / 15),
        (15, {"seat_limit": 15}, 3, 3 / 15),  # bought up to the limit, but hardly used
        (1, {"seat_limit": 1}, 1, None),  # a plan for one is full on its first day
        (10, {"usage_limit": 100, "usage_event": "Task Completed"}, 10, 10 / 100),
        (10, {"usage_limit": 11, "usage_event": "Task Completed"}, 10, 10 / 11),
        (10, {"seat_limit": 11, "usage_limit": 100, "usage_event": "Task Completed"}, 10, 10 / 11),
    ],
)
def test_only_what_the_plan_limits_is_a_limit(
    seats: int, plan: dict[str, Any], active: int, used: float | None
) -> None:
    facts = ta.Dataset.from_frames(
        plans=pd.DataFrame([{"plan_id": "p", "updated_at": ago(500)} | plan]),
        subscriptions=pd.DataFrame([{
            "subscription_id": "s", "account_id": "acme", "plan_id": "p", "started_at": ago(400),
            "updated_at": ago(400), "quantity": seats, "status": "active"}]),
        events=pd.DataFrame([
            {"account_id": "acme", "person_id": f"p{n}", "event": "Task Completed",
             "timestamp": ago(3)} for n in range(active)]),
    )  # fmt: skip
    found = ta.compute_signals(facts, REGISTRY, T, names=["limit_use", "seat_use"]).to_pylist()[0]
    assert found["seat_use"] == active / seats
    assert found["limit_use"] == (None if used is None else pytest.approx(used))


def test_a_candidate_for_expansion_is_in_no_danger() -> None:
    rule = default_segments()["expansion_candidates"].rule
    number = {"limit_use", "seats_added_90d", "active_people_change_28d", "invites_28d",
              "upgrade_interest_30d", "high_value_actions_28d", "high_value_before_62d",
              "tenure_days", "nps_last", "positive_reviews_90d"}  # fmt: skip
    assert set(rule.fields()) == {*number, "risk_level"}
    looked_at = {p for o in REGISTRY.opportunities.values() for p in o.parts()}
    assert looked_at == number
    rows = [
        {"limit_use": 0.9, "risk_level": "low"}, {"limit_use": 0.9, "risk_level": "high"},
        {"limit_use": 0.5, "risk_level": "low"}, {"nps_last": 10.0, "risk_level": "medium"},
        {"high_value_actions_28d": 3.0, "high_value_before_62d": 0.0, "tenure_days": 90.0,
         "risk_level": "low"},
    ]  # fmt: skip
    table = pa.table({
        **{n: pa.array([r.get(n) for r in rows], pa.float64()) for n in sorted(number)},
        "risk_level": [r["risk_level"] for r in rows],
    })  # fmt: skip
    assert evaluate(rule, table).tolist() == [True, False, False, True, True]
