"""What a subscription is at a moment: SQL and plain Python say the same, in both readings."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.analytics.asof import as_of, latest_sql, needed_views, view_name
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import micros
from tenure.analytics.subscriptions import OVER, Fact, State, spans_sql, state_at

PAGE = Path(__file__).parents[2] / "docs/rules/subscriptions.md"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WORDS = [None, "trialing", "active", "past_due", "unpaid", "paused", "cancelled", "canceled"]
ENGINE = DuckDBEngine(threads=1)


def hours(n: float) -> datetime:
    return BEGIN + timedelta(hours=n)


@st.composite
def history(draw: st.DrawFn) -> list[Fact]:
    """Facts of one subscription, oldest first; some in the same moment, some with an end ahead."""
    start = draw(st.integers(0, 200))
    gaps = draw(st.lists(st.sampled_from([0, 1, 10, 24, 25, 200]), min_size=1, max_size=5))
    told, facts = start + draw(st.sampled_from([-30, 0, 0, 0, 50])), []
    for gap in gaps:
        told += gap
        end = draw(st.sampled_from([None, None, None, 0, -40, 300]))
        ends = None if end is None else hours(told + end)
        facts.append(Fact(hours(told), hours(start), draw(st.sampled_from(WORDS)), ends))
    return facts


def dataset(histories: list[list[Fact]]) -> Dataset:
    rows = [
        {
            "subscription_id": f"s{n}",
            "account_id": f"a{n}",
            "status": fact.status,
            "started_at": fact.started_at,
            "updated_at": fact.since,
            "ended_at": fact.ended_at,
            "received_at": fact.since,
            "mrr_minor": 100,
            "message_id": f"{n}-{i:03}",
        }
        for n, facts in enumerate(histories)
        for i, fact in enumerate(facts)
    ]
    return Dataset.from_frames(subscriptions=pa.Table.from_pylist(rows))


def latest(data: Dataset, now: datetime) -> list[dict]:
    names = needed_views("subscriptions")
    views = ", ".join(f"{view_name(*n)} AS ({latest_sql(n[0], micros(now))})" for n in names)
    query = f"WITH {views} SELECT * FROM {view_name('subscriptions')}"
    return ENGINE.query(query, data).to_pylist()


def by_id(rows: list[dict]) -> dict[str, State]:
    return {r["subscription_id"]: State(r["state"], r["in_force"], r["pays"]) for r in rows}


@settings(max_examples=30, deadline=None)
@given(st.lists(history(), min_size=6, max_size=12), st.integers(-40, 900))
def test_as_known_then_is_what_the_facts_up_to_then_say(
    histories: list[list[Fact]], moment: int
) -> None:
    t = hours(moment)
    known = {f"s{n}": [f for f in facts if f.since < t] for n, facts in enumerate(histories)}
    expected = {name: state_at(facts, t - INSTANT) for name, facts in known.items() if facts}
    assert by_id(as_of(dataset(histories), "subscriptions", t, ENGINE).to_pylist()) == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(history(), min_size=6, max_size=12), st.integers(-40, 900))
def test_the_latest_reading_hides_nothing_whatever_the_clock_says(
    histories: list[list[Fact]], moment: int
) -> None:
    now = hours(moment)
    expected = {
        f"s{n}": state_at(facts, max(now, facts[-1].since)) for n, facts in enumerate(histories)
    }
    assert by_id(latest(dataset(histories), now)) == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(history(), min_size=6, max_size=12))
def test_spans_follow_on_each_other_and_the_last_one_says_what_holds_at_the_end(
    histories: list[list[Fact]],
) -> None:
    known, data = hours(5000), dataset(histories)
    query = (
        f"SELECT * FROM ({spans_sql(micros(known))}) WHERE until > begins AND alive"
        " ORDER BY subscription_id, since, message_id"
    )
    spans = ENGINE.query(query, data).to_pylist()
    for before, after in pairwise(spans):
        if before["subscription_id"] == after["subscription_id"]:
            assert before["until"] <= after["begins"]
    last = {s["subscription_id"]: s for s in spans if s["until"] > micros(known)}
    for n, facts in enumerate(histories):
        here, span = state_at(facts, known - INSTANT), last.get(f"s{n}")
        assert here.in_force == (span is not None), (here, facts)
        if span is not None:
            assert here.pays == span["pays"], (here, facts)
        else:
            assert here.name in OVER


def test_the_examples_of_the_rules_work() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert (failed, tried > 0) == (0, True)
