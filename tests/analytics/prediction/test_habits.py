"""Use against an account's own habits, against a count in Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.prediction import habits
from tenure.analytics.prediction.policy import default_prediction

POLICY = default_prediction().habits
T = datetime(2026, 3, 2, tzinfo=UTC)
TODAY = (T - datetime(1970, 1, 1, tzinfo=UTC)).days


def event(days: float, person: str = "p", account: str = "a", **more: Any) -> dict[str, Any]:
    at = T - timedelta(days=days)
    return {"account_id": account, "event": "Used", "timestamp": at, "person_id": person,
            "message_id": f"{account}{person}{days}", **more}  # fmt: skip


def told(*rows: dict[str, Any], accounts: tuple[str, ...] = ("a",)) -> list[dict[str, float]]:
    names = dict.fromkeys(k for r in rows for k in r)
    data = Dataset.from_frames(
        events=pa.table({n: pa.array([r.get(n) for r in rows]) for n in names})
    )
    found = habits.habit_rows(data, DuckDBEngine(), T, POLICY)
    listed = habits.of_habits()
    columns = habits.columns(pa.chunked_array([list(accounts)]), found, listed)
    return [{f.part: float(columns[f.name][i]) for f in listed} for i in range(len(accounts))]


def by_hand(days: list[tuple[int, str]]) -> dict[str, float]:
    """The same of whole days ago, with the person, one action each."""
    ago = [d for d, _ in days]
    last, first = min(ago), max(ago)
    earlier = sum(1 for d in ago if d > 7) / ((84 - 7) / 7)
    usual = {}
    for weekday in range(7):
        there = [d for d in range(last, first + 1) if (TODAY - d) % 7 == weekday]
        came = len({d for d in ago if (TODAY - d) % 7 == weekday})
        usual[weekday] = came / len(there) if there else 0.0
    now, before = ({p for d, p in days if low < d <= high} for low, high in ((0, 28), (28, 56)))
    return {
        "week": sum(1 for d in ago if d <= 7),
        "span": sum(1 for d in ago if d <= 28),
        "before": sum(1 for d in ago if 28 < d <= 56),
        "days": len({d for d in ago if d <= 28}),
        "days_before": len({d for d in ago if 28 < d <= 56}),
        "share_of_own": sum(1 for d in ago if d <= 7) / earlier if earlier else float("nan"),
        "recency": last,
        "missed": sum(usual[(TODAY - d) % 7] for d in range(1, last)),
        "people": len(now),
        "people_before": len(before),
        "people_lost": len(before - now),
    }


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(1, 84), st.sampled_from("xyz")), min_size=1, max_size=60, unique=True
    )
)
def test_every_part_is_what_a_count_by_hand_gives(days: list[tuple[int, str]]) -> None:
    (found,) = told(*(event(d, p) for d, p in days))
    assert found == pytest.approx(by_hand(days), nan_ok=True, rel=1e-5)


def test_a_weekend_is_not_missed_by_who_never_comes_on_one() -> None:
    """2 March 2026 is a Monday: who was here on every working day up to Friday missed nothing."""
    working = [d for d in range(1, 60) if (T - timedelta(days=d)).weekday() < 5]
    (found,) = told(*(event(d) for d in working))
    assert (found["recency"], found["missed"]) == (3, 0)
    silent = [d for d in working if d > 7]
    (found,) = told(*(event(d) for d in silent))
    assert found["recency"] == 10
    assert found["missed"] == pytest.approx(5)


def test_nothing_is_known_of_what_came_or_was_received_later() -> None:
    late = event(3, "late", received_at=T + timedelta(hours=1))
    after = event(-1, "after")
    own = event(2, "own", source="tenure")
    (found,) = told(event(10), late, after, own)
    assert (found["span"], found["people"], found["recency"]) == (1, 1, 10)


def test_who_did_nothing_has_counts_of_zero_and_no_habits() -> None:
    _, found = told(event(10), accounts=("a", "b"))
    assert (found["week"], found["people_lost"]) == (0, 0)
    assert np.isnan([found["recency"], found["missed"], found["share_of_own"]]).all()
