"""A score as of *t* stands on what was known at *t*, whatever is learnt later."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from companies import subscription, use
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.analytics.dataset import Dataset
from tenure.health.pipeline import Rules, Scored, compute, score_everyone

pytestmark = pytest.mark.django_db
T = datetime(2026, 3, 2, tzinfo=UTC)
START = T - timedelta(days=100)


def company() -> dict[str, list[dict[str, Any]]]:
    return {
        "subscriptions": [subscription("ada", START), subscription("bob", START)],
        "events": [*use("ada", START, 100, every=2), *use("bob", START, 50)],
        "tickets": [
            {"ticket_id": "t1", "account_id": "ada", "opened_at": T - timedelta(days=9),
             "resolved_at": T + timedelta(days=2), "csat": 1, "received_at": T - timedelta(days=9)}
        ],
        "responses": [
            {"response_id": "r1", "account_id": "ada", "survey": "nps", "score": 8.0,
             "responded_at": T - timedelta(days=20)}
        ],
    }  # fmt: skip


TABLE = {"event": "events", "seats": "subscriptions", "end": "subscriptions", "nps": "responses",
         "escalated": "tickets"}  # fmt: skip


def later(kind: str, days: float, known: float) -> tuple[str, dict[str, Any]]:
    """A fact that happened ``days`` after (or before) t and was received ``known`` days after."""
    happened = T + timedelta(days=days)
    received = max(happened, T + timedelta(days=known))
    return TABLE[kind], {**_fact(kind, days, known, happened), "received_at": received}


def _fact(kind: str, days: float, known: float, happened: datetime) -> dict[str, Any]:
    return {
        "event": {"message_id": f"x{days}{known}", "account_id": "ada", "event": "Data Exported",
                  "timestamp": happened},
        "seats": subscription("ada", START, updated_at=happened, quantity=1),
        "end": subscription("bob", START, updated_at=happened, ended_at=happened,
                            status="cancelled"),
        "nps": {"response_id": f"n{days}{known}", "account_id": "ada", "survey": "nps",
                "score": 0.0, "responded_at": happened},
        "escalated": {"ticket_id": "t1", "account_id": "ada",
                      "opened_at": T - timedelta(days=9), "escalated_at": happened},
    }[kind]  # fmt: skip


def scored(tables: dict[str, list[dict[str, Any]]]) -> Scored:
    frames = {}
    for name, rows in tables.items():
        names = list(dict.fromkeys(k for row in rows for k in row))
        frames[name] = pa.table({n: pa.array([row.get(n) for row in rows]) for n in names})
    rules = Rules.in_force("formula")
    return score_everyone(compute(rules, T, Dataset.from_frames(**frames)), rules, T, {})


@cache
def as_known() -> Scored:
    """The company as it was known at t."""
    return scored(company())


facts = st.tuples(
    st.sampled_from(["event", "seats", "end", "nps", "escalated"]),
    st.floats(-30, 30).map(lambda d: round(d, 3)),
    st.floats(0, 60).map(lambda d: round(d, 3)),
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts, min_size=1, max_size=6))
def test_facts_learnt_after_t_never_change_a_score_as_of_t(
    learnt: list[tuple[str, float, float]],
) -> None:
    more = company()
    for kind, days, known in learnt:
        name, fact = later(kind, days, known)
        more[name].append(fact)
    before, after = as_known(), scored(more)
    assert after.scores.equals(before.scores)
    for name, rows in before.segments.items():
        assert after.segments[name].tolist() == rows.tolist()


def test_the_same_facts_known_before_t_do_change_it() -> None:
    more = company()
    more["events"].append(_fact("event", -2, 0, T - timedelta(days=2)))
    assert scored(more).scores["risk"].to_pylist() != scored(company()).scores["risk"].to_pylist()
