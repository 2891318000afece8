"""Experiments over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tenure.accounts.models import Account
from tenure.learning.experiments import measuring

ASKED = {
    "key": "call", "title": "Calls", "hypothesis": "Calls help", "metric": "stayed",
    "effect": 0.1, "days": 42, "arms": {"control": 1, "called": 1}, "watched": True,
}  # fmt: skip
POST: dict[str, Any] = {"content_type": "application/json"}


def test_a_question_is_planned_started_looked_at_and_stopped(workspace, api, monkeypatch):
    monkeypatch.setattr(measuring, "_stay", lambda days, now: 0.8)
    Account.objects.bulk_create([Account(id=f"a{n}", status="active") for n in range(400)])
    path, client = "/api/v1/experiments", api("cs_lead")
    assert api("csm").post(path, ASKED, **POST).status_code == 403
    assert client.post(path, {**ASKED, "metric": "luck"}, **POST).status_code == 422
    made = client.post(path, ASKED, **POST).json()
    assert (made["state"], made["plan"]["available"]) == ("planned", 400)
    assert client.post(f"{path}/call/start", **POST).json()["state"] == "running"
    arm = api("csm").get(f"{path}/call/arm?account=a1").json()["arm"]
    assert arm in ("control", "called")
    assert api("csm").get(f"{path}/call/arm?account=nobody").json() == {"arm": ""}
    seen = client.post(f"{path}/call/look", **POST).json()
    assert seen["result"]["results"][0]["verdict"] == "too_few"
    client.post(f"{path}/call/stop", {"learned": "Nothing happened"}, **POST)
    whole = client.get(f"{path}/call").json()
    assert (whole["state"], len(whole["readings"])) == ("stopped", 2)
    assert sum(whole["counts"].values()) == 400
    assert [e["key"] for e in client.get(f"{path}?state=stopped").json()] == ["call"]
    assert client.get(f"{path}/none").status_code == 404
    assert client.post(f"{path}/none/start", **POST).status_code == 404


@pytest.mark.parametrize("what", ["start", "look"])
def test_whoever_may_only_look_starts_nothing(workspace, api, what):
    assert api("csm").post(f"/api/v1/experiments/x/{what}", **POST).status_code == 403
