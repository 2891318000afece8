"""``tenure portfolio``: what it prints."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from people import NOW
from web.factories import company

from tenure.cli.main import build

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: str, capsys: Any) -> str:
    given = words.split()
    with time_machine.travel(NOW, tick=False):
        assert not build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def test_an_empty_workspace_says_so(capsys: Any) -> None:
    out = run("portfolio", capsys)
    assert "Nobody looks after accounts yet." in out
    assert "No touch is owed." in out


def test_everything_is_told_to_people_and_programs(alice: Any, bob: Any, capsys: Any) -> None:
    company(20, [alice, bob], NOW)
    out = run("portfolio", capsys)
    for words in ("bob@example.com", "Touches owed: ", "Cost to serve", "enterprise"):
        assert words in out
    told = json.loads(run("portfolio --json", capsys))
    assert told.keys() == {
        "at", "load", "owed", "surprised", "without_owner", "tiers", "split", "assignment",
    }  # fmt: skip
    given = {g["account_id"] for g in told["assignment"]["given"]}
    assert given == set(told["without_owner"])
