"""Figures from facts, by hand; a fact that arrived too late changes none of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.indicators.expect import Figure
from tenure.analytics.indicators.measures import MEMBERS, Span, figures
from tenure.analytics.indicators.policy import packaged

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY = Span(MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=1))
WEEK = Span(MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=7, hours=1))
ENGINE = DuckDBEngine()
TIERS = pa.Table.from_pylist(
    [{"account_id": "a", "segment": "big"}, {"account_id": "b", "segment": "small"}], schema=MEMBERS
)


def frame(rows: list[dict[str, Any]]) -> pa.Table:
    names = list(dict.fromkeys(n for row in rows for n in row))
    return pa.table({n: pa.array([row.get(n) for row in rows]) for n in names})


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def event(account: str | None, person: str, hours: float, name: str = "Go", **more: Any) -> Any:
    return {
        "account_id": account,
        "person_id": person,
        "timestamp": at(hours),
        "event": name,
    } | more


def look(name: str, span: Span, data: Dataset, events: Any = None, **changes: Any) -> Any:
    of = packaged().indicators[name].model_copy(update=changes)
    return figures(of, span, data, ENGINE, TIERS, events)


def test_people_are_counted_once_each_whole_and_by_segment() -> None:
    rows = [
        event("a", "ann", 1), event("a", "ann", 2), event("a", "art", 3), event("b", "bea", 23.9),
        event("b", "bob", -1), event("b", "bob", 24),  # the day before, the day after
        event(None, "x", 4), event("a", "own", 5, source="tenure"),
        event("a", "late", 6, received_at=at(25.5)),
    ]  # fmt: skip
    found = look("active_people", DAY, Dataset.from_frames(events=frame(rows)))
    assert found == {"": Figure(3, 3), "big": Figure(2, 2), "small": Figure(1, 1)}


def test_key_features_are_those_named() -> None:
    rows = [event("a", "ann", 1, "Core"), event("a", "art", 1, "Other")]
    data = Dataset.from_frames(events=frame(rows))
    assert look("key_feature_use", DAY, data, ["Core"])[""].value == 1
    assert look("key_feature_use", DAY, data, []) == {}


def test_adoption_is_a_share_of_the_customers_of_the_time() -> None:
    subscriptions = [
        {"subscription_id": s, "account_id": s, "started_at": at(-900), "ended_at": end}
        for s, end in (("a", None), ("b", None), ("c", None), ("gone", at(-100)))
    ]
    rows = [event("a", "ann", 1), event("a", "ann", 25), event("b", "bea", 1), event("b", "b2", 2)]
    data = Dataset.from_frames(events=frame(rows), subscriptions=frame(subscriptions))
    found = look("adoption", WEEK, data, ["Go"], least=1)
    assert found[""] == Figure(pytest.approx(1 / 3), 3)
    assert (found["big"].value, found["small"].value) == (1, 0)


def test_feelings_count_when_they_became_known() -> None:
    """Read from the text at the first reply (0.5, -0.5); else the rating: 5 is 1, 2 is -0.5."""
    rows = [
        {"ticket_id": i, "account_id": "a", "opened_at": at(-30), **more}
        for i, more in {
            "1": {"sentiment": 0.5, "first_reply_at": at(3)},
            "2": {"sentiment": -0.5, "first_reply_at": at(4), "csat": 5, "resolved_at": at(9)},
            "3": {"csat": 5, "resolved_at": at(5)},
            "4": {"csat": 2, "resolved_at": at(6)},
            "5": {"csat": 1, "resolved_at": at(200)},
            "6": {"sentiment": -1.0, "first_reply_at": at(-1)},
        }.items()
    ]
    data = Dataset.from_frames(tickets=frame(rows))
    assert look("ticket_sentiment", WEEK, data, least=1)[""] == Figure(0.125, 4)
    assert look("csat", WEEK, data, least=1)[""] == Figure(pytest.approx(2 / 3), 3)
    assert look("csat", WEEK, data, least=4)[""] == Figure(None, 3)


def test_new_tickets_and_the_wait_for_a_reply() -> None:
    rows = [
        {"ticket_id": str(n), "account_id": "b", "opened_at": at(n), "first_reply_at": at(n + wait)}
        for n, wait in ((1, 2), (2, 3), (3, 10))
    ]
    data = Dataset.from_frames(tickets=frame(rows))
    assert look("tickets", DAY, data)[""].value == 3
    assert look("first_reply", DAY, data)["small"] == Figure(3, 3)


def test_nps_by_hand() -> None:
    """Ten answers: four of 9 or 10, three of 0 to 6: 40 % less 30 % is 10."""
    rows = [
        {"response_id": str(n), "account_id": "a", "responded_at": at(n), "survey": s, "score": x}
        for n, (s, x) in enumerate(
            [*(("nps", float(x)) for x in (9, 10, 9, 10, 7, 8, 8, 0, 6, 3)), ("csat", 1.0)]
        )
    ]
    assert look("nps", WEEK, Dataset.from_frames(responses=frame(rows)))[""] == Figure(
        pytest.approx(10), 10
    )


HOURS = st.floats(-40, 200)
EVENTS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("pqrs"), HOURS, st.floats(0, 300)), min_size=1
)


@settings(max_examples=30)
@given(EVENTS)
def test_what_arrives_later_changes_no_figure(drawn) -> None:
    """A value as of a moment uses only facts received by then."""
    rows = [event(a, p, hours, received_at=at(hours + late)) for a, p, hours, late in drawn]
    known = [row for row in rows if row["received_at"] < WEEK.known_at]
    everything = Dataset.from_frames(events=frame(rows))
    if not known:
        assert look("active_people", WEEK, everything) == {}
        return
    assert look("active_people", WEEK, everything) == look(
        "active_people", WEEK, Dataset.from_frames(events=frame(known))
    )
    naive = {
        (r["account_id"], r["person_id"]) for r in known if WEEK.start <= r["timestamp"] < WEEK.end
    }
    people = {p for _, p in naive}
    assert look("active_people", WEEK, everything).get("", Figure(0)).value == len(people)
