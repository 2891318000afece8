"""``tenure churned``: list, show, confirm, study."""

from __future__ import annotations

import json
from typing import Any

import pytest
from learning.investigations.test_churned_pages import loss

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.core.models import AuditEntry
from tenure.kit.commands.output import CommandError
from tenure.learning.investigations.models import Investigation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(capsys: Any, *words: str) -> str:
    assert not build(list(words))(args=list(words), prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def test_an_empty_list_says_how_losses_are_looked_for(capsys: Any) -> None:
    assert "tenure churned study" in run(capsys, "churned", "list")
    assert json.loads(run(capsys, "churned", "list", "--json")) == []
    assert "0 opened" in run(capsys, "churned", "study")


def test_a_loss_is_listed_shown_and_decided(capsys: Any) -> None:
    one = loss("acme")
    assert "low_use" in run(capsys, "churned", "list", "--verdict", "preventable")
    out = run(capsys, "churned", "show", str(one.pk))
    assert "usage_down: 40 days before; nobody answered" in " ".join(out.split())
    assert json.loads(run(capsys, "churned", "show", str(one.pk), "--json"))["cause"] == "low_use"
    with pytest.raises(SpecError):
        run(capsys, "churned", "confirm", str(one.pk), "--verdict", "unclear")
    out = run(capsys, "churned", "confirm", str(one.pk), "--verdict", "unclear",
              "--because", "They told us")  # fmt: skip
    assert "acme: low_use, unclear" in out
    assert Investigation.objects.get().state == "confirmed"
    assert {e.actor for e in AuditEntry.objects.all()} == {"command line"}


def test_what_is_not_there_is_refused(capsys: Any) -> None:
    with pytest.raises(CommandError):
        run(capsys, "churned", "show", "99")
    with pytest.raises(SpecError):
        run(capsys, "churned", "ask", "99")


def test_a_month_is_reviewed_and_closed(capsys: Any) -> None:
    loss("acme")
    out = run(capsys, "churned", "review", "--month", "2026-02")
    assert "2026-02: 1 lost, 0 the month before" in out
    assert "Preventable: 1 of 1" in out
    told = json.loads(run(capsys, "churned", "review", "--month", "2026-02", "--json"))
    assert told["report"]["losses"] == 1
    run(capsys, "churned", "review", "--month", "2026-02", "--close", "Seen")
    with pytest.raises(SpecError):
        run(capsys, "churned", "review", "--month", "2026-02", "--close", "Again")
    with pytest.raises(CommandError):
        run(capsys, "churned", "review", "--month", "May")
