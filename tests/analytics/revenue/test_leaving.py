"""Churn divided by whether the account chose to leave, and retention over a year."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from tenure.analytics.revenue.figures import figures
from tenure.analytics.revenue.leaving import with_leaving
from tenure.analytics.revenue.yearly import yearly


def moved(month: date, account: str, start: int, end: int, kind: str) -> dict[str, object]:
    return {
        "month": month, "account_id": account, "currency": "USD", "start_minor": start,
        "end_minor": end, "kind": kind, "change_minor": end - start,
    }  # fmt: skip


MAY = date(2025, 5, 1)


def test_lost_revenue_is_divided_by_who_chose_to_leave() -> None:
    moves = [moved(MAY, who, 100, 0, "churn") for who in "abc"] + [moved(MAY, "d", 50, 60, "none")]
    churned = {
        "account_id": ["a", "b", "a"],
        "churned_at": [datetime(2025, 5, 9, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC),
                       datetime(2024, 5, 9, tzinfo=UTC)],
        "kind": ["involuntary", "voluntary", "voluntary"],
    }  # fmt: skip
    told = with_leaving(pa.Table.from_pylist(moves), pa.table(churned))
    assert told["leaving"].to_pylist() == ["involuntary", "voluntary", "unknown", None]
    (month,) = figures(told)
    assert (month.voluntary_minor, month.involuntary_minor, month.churn_minor) == (100, 100, 300)
    assert (month.accounts_voluntary, month.accounts_involuntary) == (1, 1)


def test_a_year_s_retention_looks_only_at_who_paid_a_year_ago() -> None:
    june = date(2024, 6, 1)
    rows = [
        moved(june, "grew", 100, 100, "none"), moved(june, "shrank", 100, 100, "none"),
        moved(june, "left", 100, 0, "churn"), moved(MAY, "grew", 150, 180, "expansion"),
        moved(MAY, "shrank", 60, 60, "none"), moved(MAY, "new", 0, 500, "new"),
    ]  # fmt: skip
    (year,) = yearly(pa.Table.from_pylist(rows), date(2025, 5, 20))
    assert year.nrr == pytest.approx(240 / 300)
    assert year.grr == pytest.approx(160 / 300)
    assert year.logos == pytest.approx(2 / 3)
    (only,) = yearly(pa.Table.from_pylist(rows), MAY, only={"grew"})
    assert (only.nrr, only.grr) == (1.8, 1.0)


def test_without_a_year_of_history_nothing_is_told() -> None:
    assert yearly(pa.Table.from_pylist([moved(MAY, "a", 1, 1, "none")]), MAY) == []
