"""``tenure tasks``: list, done, snooze."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from people import NOW
from web.factories import company
from web.work import opened

from tenure.cli.main import build
from tenure.core.models import AuditEntry
from tenure.kit.commands.output import CommandError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: list[str], capsys: Any) -> str:
    with time_machine.travel(NOW, tick=False):
        assert not build(words)(args=words, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def test_an_empty_list_says_what_makes_tasks(capsys: Any) -> None:
    assert "Plays open tasks" in run(["tasks", "list"], capsys)
    assert json.loads(run(["tasks", "list", "--json"], capsys)) == []


def test_a_task_is_listed_snoozed_and_ended(alice: Any, capsys: Any) -> None:
    company(3, [alice], NOW)
    task = opened()
    assert "acc_000001" in run(["tasks", "list"], capsys)
    out = run(["tasks", "snooze", str(task.pk), "--days", "3"], capsys)
    assert "Snoozed until 2026-03-05 09:00: Call the champion" in out
    (told,) = json.loads(run(["tasks", "list", "--state", "snoozed", "--json"], capsys))
    assert told["id"] == task.pk
    ended = ["tasks", "done", str(task.pk), "--outcome", "no_answer", "--note", "Voice mail"]
    assert json.loads(run([*ended, "--json"], capsys))["note"] == "Voice mail"
    assert {e.actor for e in AuditEntry.objects.all()} == {"command line"}


def test_what_is_not_there_is_refused(capsys: Any) -> None:
    for words in (["tasks", "done", "99"], ["tasks", "list", "--state", "lost"]):
        with pytest.raises(CommandError):
            run(words, capsys)
