"""Who churned, when, and how: the rule, moment by moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.churn import active_at, churn_dates, default_churn

START = datetime(2024, 1, 1, tzinfo=UTC)
STAMP = pa.timestamp("us", tz="UTC")
DATA = Path(__file__).parents[3] / "shared" / "data"


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def subscriptions(*rows: dict[str, Any]) -> pa.Table:
    """Rows with days for moments; ``known`` is when the row was received."""
    built = [
        {
            "subscription_id": r.get("id", f"s{i}"),
            "account_id": r.get("account", "ada"),
            "started_at": day(r["start"]),
            "updated_at": day(r.get("updated", r["start"])),
            "received_at": day(r.get("known", r.get("updated", r["start"]))),
            "ended_at": None if r.get("end") is None else day(r["end"]),
            "end_reason": r.get("reason"),
            "status": r.get("status"),
        }
        for i, r in enumerate(rows)
    ]
    moments = ("started_at", "updated_at", "received_at", "ended_at")
    names = built[0] if built else {}
    return pa.table(
        {n: pa.array([b[n] for b in built], STAMP if n in moments else pa.string()) for n in names}
    )


def churns(table: pa.Table, at: float, **more: Any) -> list[tuple[str, int, str]]:
    found = churn_dates(table, day(at), **more).to_pylist()
    return [(r["account_id"], (r["churned_at"] - START).days, r["kind"]) for r in found]


def test_an_end_without_a_successor_is_a_churn_once_the_grace_is_over() -> None:
    table = subscriptions({"start": 0, "end": 100, "reason": "voluntary"})
    assert churns(table, 101) == []
    assert churns(table, 113.9) == []
    assert churns(table, 114) == [("ada", 100, "voluntary")]


def test_months_that_follow_one_another_are_one_stay() -> None:
    table = subscriptions(
        {"start": 0, "end": 31}, {"start": 31, "end": 60}, {"start": 72, "end": 100}
    )
    assert churns(table, 300) == [("ada", 100, "unknown")]


def test_who_comes_back_after_the_grace_churned_and_may_churn_again() -> None:
    table = subscriptions({"start": 0, "end": 30}, {"start": 45, "end": 60})
    found = churn_dates(table, day(300)).to_pylist()
    assert [(r["churned_at"], r["reactivated_at"]) for r in found] == [
        (day(30), day(45)),
        (day(60), None),
    ]


def test_the_days_of_grace_are_policy() -> None:
    table = subscriptions({"start": 0, "end": 30}, {"start": 45, "end": 60})
    assert churns(table, 300, grace_days=15) == [("ada", 60, "unknown")]
    assert churns(table, 61, grace_days=0) == [("ada", 30, "unknown"), ("ada", 60, "unknown")]


def test_cancelling_one_of_two_is_no_churn() -> None:
    table = subscriptions({"start": 0, "end": 30}, {"start": 5})
    assert churns(table, 300) == []
    assert active_at(table, day(200)).tolist() == ["ada"]


def test_a_long_subscription_covers_the_gaps_of_short_ones() -> None:
    table = subscriptions({"start": 0, "end": 200}, {"start": 10, "end": 20}, {"start": 190})
    assert churns(table, 400) == []


def test_an_end_is_not_known_before_it_comes() -> None:
    table = subscriptions({"start": 0, "end": 100, "status": "cancelled"})
    assert active_at(table, day(50)).tolist() == ["ada"]
    assert active_at(table, day(101)).tolist() == []


def test_a_later_fact_replaces_the_earlier_and_only_from_when_it_was_known() -> None:
    table = subscriptions(
        {"id": "s", "start": 0}, {"id": "s", "start": 0, "updated": 50, "end": 50, "known": 80}
    )
    assert active_at(table, day(70)).tolist() == ["ada"]
    assert active_at(table, day(81)).tolist() == []
    assert churns(table, 100) == [("ada", 50, "unknown")]


def test_a_cancelled_subscription_without_an_end_ended_when_it_was_cancelled() -> None:
    table = subscriptions(
        {"id": "s", "start": 0, "status": "active"},
        {"id": "s", "start": 0, "updated": 40, "status": "cancelled"},
    )
    assert churns(table, 100) == [("ada", 40, "unknown")]


@pytest.mark.parametrize(
    ("attempts", "kind"),
    [
        ([(95, "failed")], "involuntary"),
        ([(95, "failed"), (97, "succeeded")], "unknown"),
        ([(40, "failed")], "unknown"),
        ([(101, "failed")], "unknown"),
    ],
)
def test_without_a_reason_a_failed_last_payment_makes_it_involuntary(
    attempts: list[tuple[int, str]], kind: str
) -> None:
    payments = pa.table(
        {
            "account_id": ["ada"] * len(attempts),
            "attempted_at": pa.array([day(d) for d, _ in attempts], STAMP),
            "status": [s for _, s in attempts],
        }
    )
    table = subscriptions({"start": 0, "end": 100})
    assert churns(table, 200, payments=payments) == [("ada", 100, kind)]


def test_what_the_subscription_says_goes_before_what_payments_suggest() -> None:
    payments = pa.table(
        {
            "account_id": ["ada"],
            "attempted_at": pa.array([day(99)], STAMP),
            "status": ["failed"],
        }
    )
    table = subscriptions({"start": 0, "end": 100, "reason": "voluntary"})
    assert churns(table, 200, payments=payments) == [("ada", 100, "voluntary")]


def test_no_subscriptions_no_churn() -> None:
    assert churns(subscriptions({"start": 0}).slice(0, 0), 300) == []


spans = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 120), st.integers(1, 60)),
    min_size=1,
    max_size=9,
)


def naive(rows: list[tuple[str, int, int]], at: int, grace: int) -> list[tuple[str, int]]:
    """Day by day: a churn is a day after which an account is without one for over the grace."""
    found = []
    for account in "ab":
        own = [(s, s + n) for a, s, n in rows if a == account and s < at]
        for end in sorted({e for _, e in own if e < at}):
            covered = any(s <= end + grace and e > end for s, e in own)
            if not covered and end <= at - grace:
                found.append((account, end))
    return sorted(found)


@given(spans, st.integers(1, 300))
def test_it_agrees_with_a_look_at_every_day(rows: list[tuple[str, int, int]], at: int) -> None:
    table = subscriptions(*({"account": a, "start": s, "end": s + n} for a, s, n in rows))
    grace = default_churn().grace_days
    assert sorted((a, d) for a, d, _ in churns(table, at)) == naive(rows, at, grace)


@given(spans, st.integers(1, 200), st.integers(0, 60))
def test_what_is_learnt_later_never_changes_what_was_known(
    rows: list[tuple[str, int, int]], at: int, later: int
) -> None:
    known = [{"account": a, "start": s, "end": s + n} for a, s, n in rows]
    learnt = [{"account": "a", "start": 3, "updated": 3, "known": at + later, "end": 9, "id": "x"}]
    before, after = subscriptions(*known), subscriptions(*known, *learnt)
    assert churns(before, at) == churns(after, at)


@pytest.mark.realdata
def test_real_enrolments_with_returns() -> None:
    """Udacity: who enrols again after cancelling is reactivated."""
    path = DATA / "udacity_nanodegree" / "enrollments.csv"
    if not path.exists():
        pytest.skip("../shared/data/udacity_nanodegree is not here")
    rows = [r for r in pc.read_csv(path).to_pylist() if r["is_udacity"] != "True"]
    zero = START.date()

    def since(value: Any) -> int | None:
        return None if value is None else (value - zero).days

    table = subscriptions(
        *(
            {"account": str(r["account_key"]), "start": since(r["join_date"]),
             "end": since(r["cancel_date"])}
            for r in rows if not r["is_udacity"]
        )
    )  # fmt: skip
    found = churn_dates(table, datetime(2016, 1, 1, tzinfo=UTC))
    gone = [r for r in rows if not r["is_udacity"] and r["cancel_date"] is not None]
    back = found.filter(found["reactivated_at"].is_valid())
    assert 0 < back.num_rows < found.num_rows <= len(gone)
