"""The portfolio over REST."""

from __future__ import annotations

from typing import Any

import pytest
from people import NOW
from web.factories import company

from tenure.accounts.models import Account


@pytest.fixture
def customers(workspace: Any, alice: Any, bob: Any) -> list[Account]:
    return company(20, [alice, bob], NOW)


def test_load_owed_cost_and_split_are_told(customers, api):
    client = api("analyst")
    loads = client.get("/api/v1/portfolio/load").json()
    assert {x["owner"] for x in loads} == {"alice@example.com", "bob@example.com"}
    owed = client.get("/api/v1/portfolio/owed").json()
    assert {x["touch"] for x in owed} == {"check_in", "quarterly_review", "sponsor"}
    tiers = client.get("/api/v1/portfolio/cost").json()
    assert [t["tier"] for t in tiers] == ["enterprise", "mid_market"]
    assert sum(t["accounts"] for t in tiers) == 20
    assert client.get("/api/v1/portfolio/split").json()["target"] == 0.7


def test_a_preview_changes_nothing_and_its_digest_applies_it(customers, api):
    client = api("csm")
    nobody = Account.objects.filter(owner=None)
    plan = client.get("/api/v1/portfolio/assignment").json()
    assert len(plan["given"]) == nobody.count() > 0
    post = {"path": "/api/v1/portfolio/assignment", "content_type": "application/json"}
    refused = client.post(data={"digest": "other"}, **post)
    assert refused.status_code == 422
    assert client.post(data={"digest": plan["digest"]}, **post).json()["given"] == plan["given"]
    assert not nobody.exists()
