"""Cohorts: who is counted where, and a hand-worked triangle."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.revenue.cohorts import CohortAge, cohorts
from tenure.analytics.revenue.policy import default_policy


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
        policy=default_policy(),
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
