"""Views as of a moment equal a naive re-implementation, and never see what came later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from analytics.signals.company import NOW, make
from analytics.signals.naive_asof import as_of as naive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenure.analytics.asof import DERIVED_COLUMNS, as_of
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.tables import TABLES

ENGINE = DuckDBEngine()
SEEDS = st.integers(0, 10_000)
BACK = st.one_of(st.integers(0, 260).map(float), st.floats(0, 260))
TICKET = {
    "ticket_id": "t1", "account_id": "acme", "opened_at": "2024-01-01T10:00:00Z",
    "first_reply_at": "2024-01-01T12:00:00Z", "resolved_at": "2024-01-05T10:00:00Z",
    "sentiment": -0.5, "csat": 2,
}  # fmt: skip


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda r: r["message_id"])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS, back=BACK)
def test_every_view_equals_the_naive_one(seed: int, back: float) -> None:
    company, t = make(seed, events=30), NOW - timedelta(days=back)
    facts = company.dataset()
    for table in TABLES:
        found = ordered(as_of(facts, table, t, ENGINE).to_pylist())
        wanted = ordered(naive(company.rows, table, t))
        assert len(found) == len(wanted)
        for left, right in zip(found, wanted, strict=True):
            assert left == right, table


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=SEEDS, back=st.integers(1, 200))
def test_what_arrives_later_changes_nothing(seed: int, back: int) -> None:
    """The past is the same whether or not the future has happened."""
    company, t = make(seed, events=30), NOW - timedelta(days=back)
    everything = company.dataset()
    for rows in company.rows.values():
        rows[:] = [r for r in rows if r["received_at"] < t]
    known = company.dataset()
    for table in TABLES:
        before, after = as_of(known, table, t, ENGINE), as_of(everything, table, t, ENGINE)
        assert ordered(before.to_pylist()) == ordered(after.to_pylist())


def ticket_at(day: int, hour: int = 0) -> dict[str, Any] | None:
    facts = Dataset.from_frames(tickets=pd.DataFrame([TICKET]))
    rows = as_of(facts, "tickets", datetime(2024, 1, day, hour, tzinfo=UTC), ENGINE).to_pylist()
    return rows[0] if rows else None


def test_a_ticket_imported_with_its_end_had_none_before() -> None:
    assert ticket_at(1, 10) is None
    opened, replied, resolved = ticket_at(1, 11), ticket_at(2), ticket_at(6)
    assert opened
    assert replied
    assert resolved
    assert (opened["is_open"], opened["sentiment"], opened["reply_hours"]) == (True, None, None)
    assert (replied["is_open"], replied["sentiment"], replied["csat"]) == (True, -0.5, None)
    assert replied["reply_hours"] == 2
    assert (resolved["is_open"], resolved["csat"]) == (False, 2)


def test_an_end_at_that_very_moment_is_not_known_yet() -> None:
    at = ticket_at(5, 10)
    assert at
    assert at["resolved_at"] is None


@pytest.mark.parametrize(
    ("status", "ended", "day", "state", "in_force"),
    [
        ("active", None, 15, "active", True),
        ("active", "2024-01-20", 15, "active", True),
        ("active", "2024-01-20", 25, "ended", False),
        # loaded as history with its last status: in force until its end
        ("cancelled", "2024-01-20", 15, "active", True),
        ("cancelled", "2024-01-20", 25, "ended", False),
        # told to be cancelled, without an end: over since it was told
        ("cancelled", None, 15, "ended", False),
        ("past_due", None, 15, "past_due", True),
    ],
)
def test_when_a_subscription_is_in_force(
    status: str, ended: str | None, day: int, state: str, in_force: bool
) -> None:
    row = {"subscription_id": "s", "account_id": "a", "started_at": "2024-01-10",
           "status": status, "ended_at": ended}  # fmt: skip
    facts = Dataset.from_frames(subscriptions=pd.DataFrame([row]))
    found = as_of(facts, "subscriptions", datetime(2024, 1, day, tzinfo=UTC)).to_pylist()[0]
    assert (found["state"], found["in_force"]) == (state, in_force)


def test_every_derived_column_is_in_its_view() -> None:
    for table, columns in DERIVED_COLUMNS.items():
        assert set(columns) <= set(as_of(Dataset(), table, NOW).column_names)
