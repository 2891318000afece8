"""Plays over REST."""

from __future__ import annotations

from typing import Any

import pytest
from people import NOW
from plays.test_play_spec import PLAY

from tenure.accounts.models import Account
from tenure.core import policy as policies
from tenure.plays import entering
from tenure.plays.models import Enrolment


@pytest.fixture
def play(workspace: Any, alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "held_out", lambda *_: set())
    Account.objects.create(pk="acme", name="Acme", status="active")
    policies.save("plays/try", PLAY, alice, "test", NOW)


def post(client: Any, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/plays/{path}", body, content_type="application/json")


def test_plays_are_listed_with_state_and_version(play, api):
    found = {p["name"]: p for p in api("analyst").get("/api/v1/plays").json()}
    assert (found["try"]["state"], found["try"]["version"]) == ("off", 1)
    assert found["win-back"]["trigger"] == "date"
    assert api("analyst").get("/api/v1/plays/none").status_code == 404


def test_a_play_is_switched_filled_and_stopped(play, api):
    client = api("cs_lead")
    refused = post(client, "try/rounds", {"accounts": ["acme"]})
    assert refused.status_code == 422
    assert "switch the play on first" in refused.json()["error"]["remedy"]
    assert post(client, "try/state", {"state": "on"}).json()["state"] == "on"
    assert post(client, "try/rounds", {"accounts": ["acme"]}).json() == {"entered": 1}
    assert post(client, "try/rounds", {"accounts": ["acme"]}).json() == {"entered": 0}
    (row,) = client.get("/api/v1/plays/try/rounds", {"account": "acme"}).json()["items"]
    assert (row["state"], list(row["why"])) == ("active", ["by hand"])
    stopped = post(client, f"rounds/{row['id']}/stop", {"reason": "they asked"}).json()
    assert (stopped["state"], stopped["note"]) == ("stopped", "they asked")
    assert post(client, "try/state", {"state": "off"}).json() == {"state": "off", "stopped": 0}


def test_rounds_come_in_pages(play, api):
    for n in range(5):
        Enrolment.objects.create(
            play="try", version=1, subject=f"a{n}", account_id=f"a{n}", step="write", due_at=NOW,
            entered_at=NOW,
        )  # fmt: skip
    client = api("analyst")
    first = client.get("/api/v1/plays/try/rounds", {"limit": 3}).json()
    rest = client.get(
        "/api/v1/plays/try/rounds", {"limit": 3, "cursor": first["next_cursor"]}
    ).json()
    seen = [row["account_id"] for row in first["items"] + rest["items"]]
    assert seen == ["a4", "a3", "a2", "a1", "a0"]
    assert rest["next_cursor"] is None


def test_the_effect_names_both_sides(play, api):
    for n in range(40):
        held = n < 10
        Account.objects.create(pk=f"b{n}", name=f"b{n}")
        Enrolment.objects.create(
            play="try", version=1, subject=f"b{n}", account_id=f"b{n}", step="write", due_at=NOW,
            entered_at=NOW, held_out=held, goal_at=None if held else NOW,
        )  # fmt: skip
    found = api("analyst").get("/api/v1/plays/try/effect").json()
    assert found["judged"] == 40
    assert (found["goal"]["held_out"], found["goal"]["treated"]) == (10, 30)
