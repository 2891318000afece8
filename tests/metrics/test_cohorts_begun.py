"""Cohorts by save offer, reason and tenure are made of what happened, not of fixed words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
import time_machine
from django.test import Client
from metrics.companies import three_accounts

from tenure.analytics.dataset import conform
from tenure.analytics.errors import SpecError
from tenure.analytics.revenue.policy import default_policy, parse_policy
from tenure.facts import lake
from tenure.metrics.revenue import queries

NOW = datetime(2026, 2, 10, tzinfo=UTC)
FIRST = date(2025, 11, 1)


def fact(account: str, event: str, at: str, **told: Any) -> dict[str, Any]:
    return {"account_id": account, "event": f"tenure.cancel_{event}", "timestamp": at,
            "source": "tenure", "properties": json.dumps(told)}  # fmt: skip


@pytest.fixture
def company(workspace: Any, db: Any) -> Any:
    """ada was too expensive and took a discount; bo gave a reason and left; cy took a pause."""
    three_accounts()
    rows = [
        fact("ada", "reason_given", "2025-11-20T10:00:00Z", reason="too_expensive"),
        fact("ada", "offer_accepted", "2025-11-20T10:01:00Z", reason="too_expensive",
             kind="discount"),
        fact("ada", "offer_accepted", "2026-01-20T10:01:00Z", kind="pause"),
        fact("bo", "reason_given", "2025-11-03T10:00:00Z", reason="switching"),
        fact("cy", "offer_accepted", "2025-12-02T10:00:00Z", kind="pause"),
    ]  # fmt: skip
    lake.current().append("events", conform("events", pa.Table.from_pylist(rows)), ("acts", 1))
    with time_machine.travel(NOW, tick=False):
        yield


def told(by: str, known_at: datetime = NOW) -> list[tuple[Any, ...]]:
    found = queries.cohorts(FIRST, NOW.date(), known_at=known_at, by=by)
    return [(c.group, c.month.month, c.age, c.alive, c.mrr_minor) for c in found]


def test_cohorts_by_the_offer_that_was_accepted(company: None) -> None:
    """The first offer in the months shown counts: ada's pause of January does not."""
    assert told("offer") == [
        ("discount", 11, 0, 1, 10_000), ("discount", 11, 1, 1, 10_000),
        ("discount", 11, 2, 1, 10_000), ("discount", 11, 3, 1, 10_000),
        ("pause", 12, 0, 1, 20_000), ("pause", 12, 1, 1, 20_000), ("pause", 12, 2, 1, 20_000),
    ]  # fmt: skip


def test_cohorts_by_the_reason_that_was_given(company: None) -> None:
    found = told("reason")
    assert [row for row in found if row[0] == "switching"] == [
        ("switching", 11, 0, 1, 5_000), ("switching", 11, 1, 0, 0),
        ("switching", 11, 2, 0, 0), ("switching", 11, 3, 0, 0),
    ]  # fmt: skip
    assert {row[0] for row in found} == {"switching", "too expensive"}


def test_an_offer_is_not_known_before_it_was_told(company: None) -> None:
    assert {row[0] for row in told("offer", datetime(2025, 12, 1, 12, tzinfo=UTC))} == {"discount"}


def test_cohorts_by_how_long_they_had_been_customers_then(company: None) -> None:
    """On 1 November ada (10 Sep), bo (20 Sep) and cy (5 Oct) are customers of under 3 months."""
    found = told("tenure")
    assert [(g, m, a, n) for g, m, a, n, _ in found] == [
        ("under 3 months", 11, 0, 3), ("under 3 months", 11, 1, 2),
        ("under 3 months", 11, 2, 2), ("under 3 months", 11, 3, 2),
    ]  # fmt: skip
    later = queries.cohorts(date(2026, 1, 1), NOW.date(), known_at=NOW, by="tenure")
    assert {c.group for c in later} == {"3 to 12 months", "under 3 months"}
    assert [c.size for c in later if c.age == 0] == [1, 1]  # ada of 113 days, cy of 88


@pytest.mark.parametrize(
    ("by", "words"),
    [("offer", "accepted a save offer"), ("reason", "gave a reason"), ("tenure", "who paid 12")],
)
def test_the_page_says_what_such_a_cohort_is(
    company: None, alice: Any, client: Client, by: str, words: str
) -> None:
    client.force_login(alice)
    page = client.get(f"/revenue/cohorts/?by={by}").content.decode()
    assert f"retention by {by}" in page
    assert words in page
    assert "one life from its first paying day" in page


def test_bands_without_order_or_end_are_refused() -> None:
    from importlib import resources

    text = resources.files("tenure.analytics.revenue").joinpath("policy.toml").read_text()
    assert [band.below for band in default_policy().tenures] == [90, 365, 730, None]
    for old, new in (("below = 365", "below = 30"), (", below = 365", "")):
        with pytest.raises(SpecError, match="below"):
            parse_policy("revenue", text.replace(old, new))
