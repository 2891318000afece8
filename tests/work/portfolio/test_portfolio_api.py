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


def test_work_is_handed_over_and_a_tracker_says_what_came_back(customers, api, colleague):
    colleague("cs_lead")
    client = api("csm")
    post = {"content_type": "application/json"}
    body = {"kind": "copy", "title": "Renewal mail", "why": "Too long", "account_id": "acc_000001"}
    made = client.post("/api/v1/portfolio/hand-offs", body, **post).json()
    assert (made["state"], made["receiver"]) == ("open", "role:cs_lead")
    back = {"outcome": "done", "note": "Shorter now", "reference": "T-1",
            "links": ["https://example.com/1"]}  # fmt: skip
    path = f"/api/v1/portfolio/hand-offs/{made['id']}/back"
    assert api("analyst").post(path, back, **post).status_code == 403
    told = client.post(path, back, **post).json()
    assert (told["state"], told["closed_by"]) == ("back", "key: test csm")
    assert client.post(path, back, **post).status_code == 422
    assert client.post(path.replace(str(made["id"]), "99"), back, **post).status_code == 404
    assert client.get("/api/v1/portfolio/hand-offs?state=open").json() == []
    (kept,) = client.get("/api/v1/portfolio/hand-offs?account=acc_000001").json()
    assert kept["note"] == "Shorter now"


def test_a_hand_off_can_be_withdrawn(customers, api, bob):
    client, post = api("csm"), {"content_type": "application/json"}
    body = {"kind": "copy", "title": "T", "why": "W", "receiver": f"person:{bob.email}"}
    made = client.post("/api/v1/portfolio/hand-offs", body, **post).json()
    path = f"/api/v1/portfolio/hand-offs/{made['id']}/withdraw"
    assert client.post(path, {"why": "No"}, **post).json()["state"] == "withdrawn"


def test_a_touch_is_logged(customers, api):
    client, post = api("csm"), {"content_type": "application/json"}
    body = {"account_id": "acc_000001", "kind": "call", "at": NOW.isoformat(), "minutes": 15}
    assert client.post("/api/v1/portfolio/touches", body, **post).json()["interaction_id"]
    for wrong in ({"minutes": 0}, {"account_id": "nobody"}, {"at": "2999-01-01T00:00:00Z"}):
        answer = client.post("/api/v1/portfolio/touches", {**body, **wrong}, **post)
        assert answer.status_code in (404, 422)
