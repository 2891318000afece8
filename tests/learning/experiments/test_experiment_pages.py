"""The pages of experiments."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from people import NOW

from tenure.accounts.models import Account
from tenure.learning.experiments import measuring
from tenure.learning.experiments.models import Experiment

FORM = {
    "key": "welcome-call", "title": "A call in the first week", "metric": "stayed",
    "hypothesis": "People who are called stay", "effect": "0.1", "weeks": "6", "share": "50",
    "treated": "called", "segment": "", "guardrails": "", "keep": "1",
}  # fmt: skip


@pytest.fixture
def customers(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_stay", lambda days, now: 0.8)
    Account.objects.bulk_create(
        [Account(id=f"a{n}", name=f"A{n}", status="active") for n in range(500)]
    )


def text(client: Any, path: str = "/experiments/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_empty_archive_says_what_an_experiment_is(workspace, seen_by, alice):
    assert "Nothing tried yet" in text(seen_by(alice))
    assert "None can be judged yet" in text(seen_by(alice), "/experiments/trials/")


@pytest.mark.parametrize(
    ("role", "see", "act"),
    [("admin", 200, 200), ("cs_lead", 200, 200), ("csm", 200, 403), ("analyst", 200, 403),
     ("support", 403, 403)],
)  # fmt: skip
def test_who_may_look_and_who_may_try(customers, seen_by, colleague, role, see, act):
    client = seen_by(colleague(role))
    assert client.get("/experiments/").status_code == see
    assert client.get("/experiments/trials/").status_code == see
    assert client.get("/experiments/new/").status_code == act
    for what in ("start", "look", "stop"):
        posted = client.post(f"/experiments/nothing/{what}/").status_code
        assert posted == (302 if act == 200 else 403)


def test_a_question_is_reckoned_kept_started_and_stopped(customers, seen_by, alice):
    client = seen_by(alice)
    reckon = {k: v for k, v in FORM.items() if k != "keep"}
    page = client.post("/experiments/new/", {**reckon, "reckon": "1"}).content.decode()
    assert "398" in page
    assert "Enough accounts" in page
    small = client.post("/experiments/new/", {**reckon, "effect": "0.01"}).content.decode()
    assert "Too few accounts" in small
    assert not Experiment.objects.exists()
    wrong = client.post("/experiments/new/", {**FORM, "effect": "much"})
    assert wrong.status_code == 422
    assert "is no number" in wrong.content.decode()
    with time_machine.travel(NOW, tick=False):
        assert client.post("/experiments/new/", FORM).status_code == 302
        page = text(client, "/experiments/welcome-call/")
        assert "People who are called stay" in page
        client.post("/experiments/welcome-call/start/")
        page = text(client, "/experiments/welcome-call/")
        assert "looking early cries wolf" in page
        refused = client.post("/experiments/welcome-call/look/", follow=True)
        assert "Nothing changed" in refused.content.decode()
        client.post("/experiments/welcome-call/stop/", {"learned": "No time for it"})
    page = text(client, "/experiments/welcome-call/")
    assert "No time for it" in page
    assert "stopped before it could be looked at" in page
    assert "A call in the first week" in text(client)


def test_what_is_not_there_is_not_found(workspace, seen_by, alice):
    assert seen_by(alice).get("/experiments/nothing/").status_code == 404
