"""``tenure experiment list|show|new|start|arm|look|stop``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.kit.commands.output import CommandError
from tenure.learning.experiments import measuring

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(capsys: Any, *words: str) -> str:
    given = ["experiment", *words]
    assert not build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return " ".join(str(capsys.readouterr().out).split())


def test_from_the_question_to_what_was_learned(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_stay", lambda days, now: 0.8)
    Account.objects.bulk_create([Account(id=f"a{n}", status="active") for n in range(300)])
    assert "Nothing tried yet" in run(capsys, "list")
    out = run(capsys, "new", "call", "--title", "Calls", "--hypothesis", "Calls help",
              "--effect", "0.1", "--watched")  # fmt: skip
    assert "there are 300" in out
    assert "Too few for the change" in out  # to watch it needs more than the 398
    assert "call runs" in run(capsys, "start", "call")
    assert run(capsys, "arm", "call", "a1") in ("control", "treated")
    assert run(capsys, "arm", "call", "nobody") == "not in it"
    assert "treated" in run(capsys, "look", "call")
    assert "call is over" in run(capsys, "stop", "call", "--learned", "Nothing happened")
    assert "Nothing happened" in run(capsys, "show", "call")
    assert json.loads(run(capsys, "list", "--json"))[0]["state"] == "stopped"


def test_wrong_input_is_refused(capsys: Any) -> None:
    with pytest.raises(CommandError):
        run(capsys, "show", "nothing")
    with pytest.raises(SpecError):
        run(capsys, "start", "nothing")
    with pytest.raises(SpecError):
        run(capsys, "new", "call", "--title", "t", "--hypothesis", "h", "--effect", "0.1",
            "--arms", "half")  # fmt: skip
