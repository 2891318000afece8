"""Accounts, scores, segments over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tenure.accounts.models import Account, Membership, Person, Segment, SegmentMember
from tenure.core.models import Job
from tenure.health.models import AccountHealth, AccountPrediction, LearnedModel
from tenure.health.queries import default_model, model

pytestmark = pytest.mark.django_db
Api = Callable[[str], Client]
JSON = "application/json"


@pytest.fixture(autouse=True)
def _accounts(workspace: Any, bob: Any, now: datetime) -> None:
    """Ten accounts, a1 to a10; the even ones are Bob's and scored 10 times their number."""
    bands = {b.name for b in model().bands}
    for number in range(1, 11):
        mine = number % 2 == 0
        account = Account.objects.create(
            id=f"a{number}", name=f"Company {number}", stage="adoption", status="active",
            owner=bob if mine else None, mrr_minor=number * 1000, updated_at=now,
        )  # fmt: skip
        if mine:
            AccountHealth.objects.create(
                account=account, model=default_model(), model_version="v0-x", as_of=now,
                health=number * 10, shown_health=number * 10, coverage=1, risk=20,
                band=sorted(bands)[0], shown_band=sorted(bands)[0], risk_level="low",
            )  # fmt: skip


def _ids(client: Client, query: str = "") -> list[str]:
    return [row["id"] for row in client.get(f"/api/v1/accounts?{query}").json()["items"]]


def test_the_chance_to_leave_says_whose_it_is_and_why(api: Api, now: datetime) -> None:
    report = {"verdict": {"days": 60}}
    row = LearnedModel.objects.create(
        version=3, state="challenger", body="{}", report=report, verdict="better", trained_at=now
    )
    AccountPrediction.objects.create(
        account_id="a2", learned=row, as_of=now, chance=0.41, chances={"30": 0.2, "60": 0.41},
        survival=[[30, 0.8], [60, 0.59]],
        reasons=[{"source": "days_since_login", "part": "", "value": 21.0, "adds": 0.8}],
    )  # fmt: skip
    client = api("analyst")
    told = client.get("/api/v1/scores/chance?account=a2").json()
    assert (told["version"], told["believed"], told["days"], told["chance"]) == (3, False, 60, 0.41)
    assert told["reasons"][0]["source"] == "days_since_login"
    LearnedModel.objects.update(state="champion")
    assert client.get("/api/v1/scores/chance?account=a2").json()["believed"] is True
    assert client.get("/api/v1/scores/chance?account=a4").status_code == 404
    assert client.get("/api/v1/scores/chance?account=none").status_code == 404


def test_the_list_is_walked_page_by_page(api: Api) -> None:
    client, seen, cursor = api("analyst"), [], ""
    while cursor is not None:
        found = client.get(f"/api/v1/accounts?limit=3&cursor={cursor}").json()
        seen += [row["id"] for row in found["items"]]
        cursor = found["next_cursor"]
    assert seen == sorted(f"a{n}" for n in range(1, 11))


def test_filters(api: Api) -> None:
    client = api("csm")
    Segment.objects.create(name="vip", title="VIP")
    SegmentMember.objects.create(segment_id="vip", account_id="a3")
    assert _ids(client, "owner=bob@example.com") == ["a10", "a2", "a4", "a6", "a8"]
    assert _ids(client, "segment=vip") == ["a3"]
    assert _ids(client, "q=company+7") == ["a7"]
    assert _ids(client, "risk_level=low&q=company+4") == ["a4"]
    assert _ids(client, "stage=expansion") == []
    assert len(_ids(client, f"band={sorted(b.name for b in model().bands)[0]}")) == 5


def test_one_account_with_its_people_and_score(api: Api, now: datetime) -> None:
    Person.objects.create(id="p1", name="Dora")
    Membership.objects.create(person_id="p1", account_id="a2", role="champion", since=now)
    found = api("analyst").get("/api/v1/accounts/a2").json()
    assert found["people"][0]["role"] == "champion"
    assert found["score"]["health"] == 20
    assert found["owner"] == "bob@example.com"
    assert api("csm").get("/api/v1/accounts/none").status_code == 404


def test_an_owner_is_assigned_and_taken_away(api: Api) -> None:
    client = api("csm")
    path = "/api/v1/accounts/a1/owner"
    assert client.patch(path, {"owner": "bob@example.com"}, JSON).json()["owner"] == (
        "bob@example.com"
    )
    assert client.patch(path, {"owner": ""}, JSON).json()["owner"] == ""
    assert client.patch(path, {"owner": "nobody@example.com"}, JSON).status_code == 422


def test_an_override_needs_a_reason_and_ends(api: Api, now: datetime) -> None:
    from datetime import UTC

    client, soon = api("csm"), datetime.now(UTC) + timedelta(days=7)
    body: dict[str, object] = {"account": "a2", "health": 90, "expires_at": soon.isoformat()}
    refused = client.post("/api/v1/scores/overrides", {**body, "reason": " "}, JSON)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "reason")


def test_a_segment_is_either_rule_or_list(api: Api) -> None:
    client = api("cs_lead")
    path = "/api/v1/segments/mine"
    made = client.put(path, {"title": "Mine", "accounts": ["a1", "a2"]}, JSON)
    assert made.json()["size"] == 2
    assert _ids(client, "segment=mine") == ["a1", "a2"]
    both = client.put(path, {"title": "Mine", "accounts": ["a1"], "rule": "x"}, JSON)
    assert both.status_code == 422
    missing = client.put(path, {"title": "Mine", "accounts": ["zz"]}, JSON)
    assert "zz" in missing.json()["error"]["message"]
    wrong = client.put(path, {"title": "Mine", "rule": "field = 3"}, JSON)
    assert wrong.status_code == 422
    assert client.delete(path).json() == {"ok": True}
    assert client.delete(path).status_code == 404


def test_runs_and_validations_are_jobs(api: Api) -> None:
    client = api("cs_lead")
    run = client.post("/api/v1/health/runs", {}, JSON).json()
    again = client.post("/api/v1/health/runs", {}, JSON).json()
    assert run["id"] == again["id"]
    wrong = client.post("/api/v1/health/runs", {"model": "nonsense"}, JSON)
    assert wrong.status_code in (404, 422)
    validation = client.post("/api/v1/validations", {"start": "2025-01-01"}, JSON).json()
    assert Job.objects.get(pk=validation["id"]).payload["start"] == "2025-01-01"
    assert {j["kind"] for j in client.get("/api/v1/jobs").json()["items"]} == {
        "health.score", "health.validate",
    }  # fmt: skip


def test_the_health_of_all(api: Api) -> None:
    client = api("analyst")
    assert sum(b["n"] for b in client.get("/api/v1/health/distribution").json()) == 5
    assert any(m["default"] for m in client.get("/api/v1/health/models").json())
    assert client.get("/api/v1/health/movements").status_code == 200
    assert client.get("/api/v1/validations").json() == {"items": [], "next_cursor": None}
