"""Revenue over REST: the same figures as the command, as known at a day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from health.companies import add

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def firm(workspace: Any, db: None) -> None:
    """Ada since January; Bo from January until the 20th of February."""
    common = {"status": "active", "currency": "EUR"}
    add(1, subscriptions=[
        common | {"subscription_id": "a", "account_id": "ada", "mrr_minor": 5000,
                  "started_at": datetime(2026, 1, 5, tzinfo=UTC)},
        common | {"subscription_id": "b", "account_id": "bo", "mrr_minor": 3000,
                  "started_at": datetime(2026, 1, 7, tzinfo=UTC),
                  "ended_at": datetime(2026, 2, 10, tzinfo=UTC)},
    ])  # fmt: skip


@time_machine.travel(NOW, tick=False)
def test_months_cohorts_and_lifetime_value(firm, api) -> None:
    client = api("analyst")
    months = {m["month"]: m for m in client.get("/api/v1/metrics?months=3").json()}
    assert (months["2026-01-01"]["new_minor"], months["2026-01-01"]["end_minor"]) == (8000, 8000)
    assert months["2026-02-01"]["churn_minor"] == 3000
    assert months["2026-02-01"]["nrr"] == 0.625
    ages = client.get("/api/v1/metrics/cohorts?months=3").json()
    assert [(c["age"], c["alive"], c["size"]) for c in ages] == [(0, 2, 2), (1, 1, 2)]
    (ltv,) = client.get("/api/v1/metrics/ltv").json()
    assert (ltv["currency"], ltv["accounts"]) == ("EUR", 2)


@time_machine.travel(NOW, tick=False)
def test_the_past_is_told_as_it_was_known(firm, api) -> None:
    told = api("analyst").get("/api/v1/metrics?months=2&known_at=2026-02-05").json()
    assert [m["churn_minor"] for m in told] == [0, 0]


def test_questions_that_make_no_sense_are_refused(firm, api) -> None:
    client = api("analyst")
    for query in ("months=0", "months=x", "known_at=someday", "by=shoe+size"):
        assert client.get(f"/api/v1/metrics?{query}").status_code == 422, query


def test_an_empty_workspace_has_no_figures(workspace, api) -> None:
    client = api("analyst")
    for path in ("", "/cohorts", "/ltv"):
        assert client.get(f"/api/v1/metrics{path}").json() == []
