"""Cohorts: who is counted where, and a hand-worked triangle."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.revenue.cohorts import CohortAge, cohorts


def at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


LIVES = [
    ("ada", "2024-01-10", None, 1000),
    ("bo", "2024-01-20", "2024-02-15", 500),
    ("cy", "2024-02-05", None, 2000),
    ("old", "2023-06-01", None, 9000),
]


def triangle(groups: dict[str, str] | None = None) -> list[CohortAge]:
    rows = [
        {
            "subscription_id": who, "account_id": who, "started_at": at(start), "ended_at": at(end),
            "mrr_minor": mrr, "currency": "USD", "status": "active",
        }
        for who, start, end, mrr in LIVES
    ]  # fmt: skip
    data = Dataset.from_frames(subscriptions=pa.Table.from_pylist(rows))
    known = datetime(2024, 4, 15, tzinfo=UTC)
    return cohorts(
        data,
        date(2024, 1, 1),
        date(2024, 4, 1),
        grace_days=7,
        known_at=known,
        groups=groups,
    )


def test_the_hand_worked_triangle() -> None:
    told = [(c.month.month, c.age, c.size, c.alive, c.mrr_minor) for c in triangle()]
    assert told == [
        (1, 0, 2, 2, 1500), (1, 1, 2, 1, 1000), (1, 2, 2, 1, 1000),
        (2, 0, 1, 1, 2000), (2, 1, 1, 1, 2000),
    ]  # fmt: skip


def test_who_paid_before_the_first_month_is_in_no_cohort() -> None:
    assert max(c.start_minor for c in triangle()) < 9000


def test_a_month_that_is_not_over_is_left_out() -> None:
    assert max(c.month.month + c.age for c in triangle()) == 3


def test_a_cohort_splits_by_an_attribute() -> None:
    parts = triangle({"ada": "web", "bo": "sales", "cy": "web"})
    assert {c.group for c in parts} == {"web", "sales"}
    gone = next(c for c in parts if c.group == "sales" and c.age == 1)
    assert (gone.logo_retention, gone.revenue_retention) == (0.0, 0.0)
    assert gone.logo_interval[1] > 0.5  # one account tells little, and the interval says so


def test_cohorts_that_begin_with_what_happened_to_a_customer() -> None:
    """Ada (1,000) took an offer in February and pays on; bo (500) in February, too, and left on
    the 15th; old (9,000) in March; cy began to pay after February had begun: nothing to keep
    yet."""
    rows = [
        {"subscription_id": who, "account_id": who, "started_at": at(start), "ended_at": at(end),
         "mrr_minor": mrr, "currency": "USD", "status": "active"}
        for who, start, end, mrr in LIVES
    ]  # fmt: skip
    data = Dataset.from_frames(subscriptions=pa.Table.from_pylist(rows))
    days = {"ada": "2024-02-10", "bo": "2024-02-03", "old": "2024-03-01", "cy": "2024-02-06",
            "early": "2023-12-31"}  # fmt: skip
    since = {who: datetime.fromisoformat(day).replace(tzinfo=UTC) for who, day in days.items()}
    groups = {"ada": "pause", "bo": "discount", "old": "discount"}
    found = cohorts(
        data, date(2024, 1, 1), date(2024, 4, 1), grace_days=7,
        known_at=datetime(2024, 4, 15, tzinfo=UTC), groups=groups, since=since,
    )  # fmt: skip
    told = [(c.group, c.month.month, c.age, c.size, c.alive, c.mrr_minor) for c in found]
    assert told == [
        ("discount", 2, 0, 1, 1, 500), ("discount", 2, 1, 1, 0, 0), ("discount", 2, 2, 1, 0, 0),
        ("discount", 3, 0, 1, 1, 9000), ("discount", 3, 1, 1, 1, 9000),
        ("pause", 2, 0, 1, 1, 1000), ("pause", 2, 1, 1, 1, 1000), ("pause", 2, 2, 1, 1, 1000),
    ]  # fmt: skip
