"""``tenure model card``, ``promote`` and ``demote``: what they print of a learned model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from web.learned_models import learned_model

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.core.models import AuditEntry
from tenure.health.models import LearnedModel
from tenure.kit.commands.output import CommandError

pytest.importorskip("lightgbm")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: str, capsys: Any) -> str:
    given = words.split()
    build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


@pytest.fixture
def learned() -> LearnedModel:
    Account.objects.create(id="acme", name="Acme", status="active")
    return learned_model()


def test_the_card_tells_verdict_numbers_and_what_is_in_time(
    learned: LearnedModel, capsys: Any
) -> None:
    out = " ".join(run("model card", capsys).split())
    assert "The learned model predicts better than the rules" in out
    assert "without those who left within 7 days), 60 days ahead" in out
    assert "Days since the last login" in out
    told = json.loads(run("model card 1 --json", capsys))
    assert [h["days"] for h in told["horizons"]] == [30, 60, 90]
    assert told["horizons"][0]["in_time"]["learned"]["value"] > 0.7


def test_the_card_tells_opponents_and_what_is_suspicious(
    learned: LearnedModel, capsys: Any
) -> None:
    learned.report["left_out"]["told_once"] = ["plan_id"]
    learned.report["suspects"]["values"] = [
        {"feature": "days_since_login", "value": "3", "left": "everybody", "accounts": 44,
         "expected": 9.6}
    ]  # fmt: skip
    learned.save()
    out = " ".join(run("model card", capsys).split())
    for words in ("One signal alone", "When it was last used", "not known here", "Chosen on",
                  "Set apart: Plan", "All 44 accounts with Days since the last login = 3 left",
                  "Leans on one signal"):  # fmt: skip
        assert words in out, words


def test_a_model_learned_before_that_was_told_has_its_card(
    learned: LearnedModel, capsys: Any
) -> None:
    for row in learned.report["horizons"]:
        del row["in_time"]
    learned.save()
    assert "In time to act" not in run("model card", capsys)


def test_a_person_makes_it_champion_and_goes_back(learned: LearnedModel, capsys: Any) -> None:
    assert "Version 1 is the champion" in run("model promote 1 --by ada@x.example", capsys)
    learned.refresh_from_db()
    assert learned.state == "champion"
    assert "The rules decide again" in run("model demote 1 --by ada@x.example", capsys)
    learned.refresh_from_db()
    assert learned.state == "challenger"
    assert AuditEntry.objects.filter(actor="ada@x.example").count() == 2


def test_without_a_model_it_says_how_to_learn_one(capsys: Any) -> None:
    with pytest.raises(CommandError, match="there is no learned model") as told:
        run("model card", capsys)
    assert "tenure model train" in str(told.value.remedy)
    with pytest.raises(CommandError, match="no learned model 7"):
        run("model promote 7", capsys)


def test_without_facts_training_says_what_to_import(capsys: Any) -> None:
    with pytest.raises(SpecError, match="import the tables subscriptions and events first"):
        run("model train", capsys)
