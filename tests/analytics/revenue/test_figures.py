"""A month's figures: a hand-worked example, groups, and what happens without a start."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from tenure.analytics.revenue.figures import figures

# Worked by hand: four customers start with 100, 200, 300 and 400 (1,000 in all). One leaves (100),
# one pays 50 less, one 150 more, one stays; a new one brings 250, one comes back with 80.
MONTH = [
    ("ada", 100, 0, "churn"),
    ("bo", 200, 150, "contraction"),
    ("cy", 300, 450, "expansion"),
    ("di", 400, 400, "none"),
    ("ed", 0, 250, "new"),
    ("flo", 0, 80, "reactivation"),
]


def table(rows: list[tuple[str, int, int, str]] = MONTH) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "month": date(2024, 1, 1), "account_id": who, "currency": "USD",
                "start_minor": start, "end_minor": end, "kind": kind, "change_minor": end - start,
            }
            for who, start, end, kind in rows
        ]
    )  # fmt: skip


def test_the_hand_worked_month() -> None:
    (month,) = figures(table())
    assert (month.start_minor, month.end_minor) == (1000, 1330)
    assert month.gross_churn == pytest.approx(150 / 1000)
    assert month.grr == pytest.approx(0.85)
    assert month.net_churn == pytest.approx((100 + 50 - 150 - 80) / 1000)
    assert month.nrr == pytest.approx(1.08)
    assert month.logo_churn == pytest.approx(1 / 4)
    assert month.arpa_minor == pytest.approx(1330 / 5)
    assert month.quick_ratio == pytest.approx((250 + 150 + 80) / 150)


def test_groups_partition_the_whole() -> None:
    parts = figures(table(), groups={"ada": "smb", "bo": "smb", "cy": "enterprise"})
    assert {p.group for p in parts} == {"smb", "enterprise", "other"}
    (whole,) = figures(table())
    for name in ("start_minor", "churn_minor", "end_minor", "accounts_churned", "accounts_end"):
        assert sum(getattr(p, name) for p in parts) == getattr(whole, name)


def test_rates_without_a_start_are_not_told() -> None:
    (month,) = figures(table([("ed", 0, 250, "new")]))
    assert month.nrr is None
    assert month.logo_churn is None
    assert month.quick_ratio is None
    assert month.to_dict()["month"] == "2024-01-01"
