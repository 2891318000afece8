"""The cancel flow over REST."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from programs.cancel.cancelling import Company, days, make

from tenure.connectors.billing.models import Act
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.workflow import Cancel, No, ReasonGiven, Yes


@pytest.fixture
def company(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    company = make(monkeypatch)
    company.says(
        company.comes(), ReasonGiven("too_expensive"), Yes("discount"), more="Half, please"
    )
    company.now += days(3)
    company.says(company.comes(), ReasonGiven("switching"), No(), Cancel())
    company.tell("accounts", account_id="other", name="Other")
    company.subscribe("other", "s9", plan_id="pro")
    with time_machine.travel(company.now + days(1), tick=False):
        yield company


def test_saves_and_visits_are_read(company: Company, api: Any) -> None:
    client = api("analyst")
    told = client.get("/api/v1/cancel/saves").json()
    assert (told["saved"], told["saved_gone"], told["cancelled"]) == (1, 1, 1)
    assert told["rate"]["value"] == 0.5
    assert {g["key"] for g in told["groups"]["reason"]} == {"too_expensive", "switching"}
    assert told["split"] == []
    assert client.get("/api/v1/cancel/saves?days=0").status_code == 422
    first = client.get("/api/v1/cancel/visits?limit=1").json()
    assert first["items"][0]["reason"] == "switching"
    rest = client.get(f"/api/v1/cancel/visits?cursor={first['next_cursor']}").json()
    assert [v["outcome"] for v in rest["items"]] == ["saved"]
    assert len(client.get("/api/v1/cancel/visits?outcome=cancelled").json()["items"]) == 1
    assert client.get("/api/v1/cancel/visits?account=none").json()["items"] == []
    one = client.get(f"/api/v1/cancel/visits/{rest['items'][0]['id']}").json()
    assert (one["more"], one["offers"][0]["answer"]) == ("Half, please", "accepted")
    assert one["acts"][0]["what"] == "coupon"
    assert client.get("/api/v1/cancel/visits/999999").status_code == 404


def test_what_waits_is_listed_and_tried_again(company: Company, api: Any) -> None:
    company.till.says_no = "locked"
    company.says(company.comes("other"), ReasonGiven(""), Cancel())
    (waits,) = api("support").get("/api/v1/cancel/waiting").json()
    assert (waits["state"], waits["detail"], waits["account_id"]) == ("refused", "locked", "other")
    path = f"/api/v1/cancel/acts/{waits['id']}/again"
    assert api("support").post(path).status_code == 403
    company.till.says_no = ""
    assert api("csm").post(path).json()["state"] == "done"
    assert api("csm").post(path).status_code == 422
    assert api("csm").post("/api/v1/cancel/acts/999999/again").status_code == 404
    assert Act.objects.get(pk=waits["id"]).state == "done"


def test_what_was_done_is_taken_back(company: Company, api: Any) -> None:
    act = Act.objects.get(what="coupon")
    path = f"/api/v1/cancel/acts/{act.pk}/take-back"
    why = {"reason": "asked by phone"}
    assert api("analyst").post(path, why, content_type="application/json").status_code == 403
    told = api("csm").post(path, why, content_type="application/json").json()
    assert (told["what"], told["state"]) == ("coupon", "done")
    assert api("csm").post(path, why, content_type="application/json").status_code == 422
    assert api("csm").post(path, {}, content_type="application/json").status_code == 422


def test_a_link_opens_the_hosted_page(company: Company, api: Any) -> None:
    body = {"account": "other", "person": "bo"}
    made = api("csm").post("/api/v1/cancel/links", body, content_type="application/json").json()
    path = "/" + made["url"].split("/", 3)[3]
    assert Client().get(path).status_code == 200
    assert not Visit.objects.filter(account_id="other").exists()  # looking begins nothing
    assert Client().post(path, {"act": "skip"}).status_code == 303
    assert Visit.objects.get(account_id="other").person_id == "bo"
    none = {"account": "nobody"}
    answer = api("csm").post("/api/v1/cancel/links", none, content_type="application/json")
    assert answer.status_code == 404


def test_a_preview_carries_nothing_out(company: Company, api: Any) -> None:
    before = Visit.objects.count()
    rows = api("analyst").get("/api/v1/cancel/preview?account=other&language=de").json()
    by = {r["reason"]: r for r in rows}
    assert by["too_expensive"]["first"]["name"] == "discount"
    assert by["too_expensive"]["then"]["lost"] == ["Sign-in by SSO", "Plätze über 3 hinaus"]
    assert ["roadmap", "no page is set (url)"] in by["missing_feature"]["left_out"]
    none = api("analyst").get("/api/v1/cancel/preview?account=nobody")
    assert (none.status_code, none.json()["error"]["field"]) == (404, "account")
    assert Visit.objects.count() == before
