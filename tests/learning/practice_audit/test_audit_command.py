"""``tenure audit``: what it prints, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from learning.practice_audit.firms import accounts, champion
from people import NOW

from tenure.cli.main import build
from tenure.kit.commands.output import CommandError
from tenure.learning.practice_audit import actions
from tenure.learning.practice_audit.models import AuditRun

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: str, capsys: Any) -> tuple[int, str]:
    given = words.split()
    with time_machine.travel(NOW, tick=False):
        code = build(given)(args=given, prog_name="tenure", standalone_mode=False) or 0
    return code, capsys.readouterr().out


@pytest.fixture
def alone() -> None:
    """A firm whose one fault is a champion who left."""
    for account in accounts(7):
        champion(account, f"ada-{account}", left=60)


def test_an_empty_workspace_has_no_open_fault_and_no_passed_one(capsys: Any) -> None:
    code, out = run("audit --json --fail-on low", capsys)
    told = json.loads(out)
    assert (code, told["failed"]) == (0, False)
    assert told["counts"]["open"] == 0
    assert told["counts"]["not_assessed"] == 26
    assert AuditRun.objects.count() == 1


def test_an_open_fault_ends_it_with_one(alone: None, capsys: Any) -> None:
    code, out = run("audit --json", capsys)
    told = json.loads(out)
    assert (code, told["failed"], told["fail_on"]) == (1, True, "high")
    (fault,) = [f for f in told["findings"] if f["state"] == "open"]
    assert (fault["key"], fault["severity"], fault["accounts_total"]) == (
        "champion_left",
        "high",
        7,
    )
    assert fault["link"].startswith("/")


def test_a_milder_fault_than_asked_for_does_not(alone: None, capsys: Any) -> None:
    code, out = run("audit --fail-on critical", capsys)
    assert code == 0
    assert "A champion left and nobody followed" in out
    assert "acc0, acc1, acc2, acc3, acc4 and 2 more" in out
    assert "0 open from critical on" in out


def test_an_accepted_fault_does_not_fail(alone: None, alice: Any, capsys: Any) -> None:
    actions.run(NOW)
    actions.accept("champion_left", "We look for one", 30, alice, now=NOW)
    code, out = run("audit", capsys)
    assert code == 0
    assert "Accepted by alice@example.com until 2026-04-01: We look for one" in out


def test_an_unknown_severity_names_the_known_ones(capsys: Any) -> None:
    with pytest.raises(CommandError, match="loud"):
        run("audit --fail-on loud", capsys)
    assert not AuditRun.objects.exists()
