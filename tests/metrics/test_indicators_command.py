"""``tenure indicators``: what it prints, for people and for programs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from health import companies
from people import NOW

from tenure.cli.main import build
from tenure.kit.commands.output import CommandError
from tenure.metrics.indicators.models import IndicatorValue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: str, capsys: Any) -> str:
    given = words.split()
    with time_machine.travel(NOW, tick=False):
        build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


@pytest.fixture
def product(workspace: Any, db: None) -> None:
    """Two people every day for ten weeks."""
    companies.accounts("a")
    companies.add(1, events=companies.use("a", NOW - timedelta(days=70), 70))


@pytest.mark.usefixtures("product")
def test_programs_get_figure_band_and_course(capsys: Any) -> None:
    told = {i["indicator"]: i for i in json.loads(run("indicators --json --points 3", capsys))}
    people = told["active_people"]
    assert (people["value"], people["expected"], people["status"]) == (2, 2, "fine")
    assert (people["start"], len(people["course"])) == ("2026-03-01", 3)
    assert told["nps"]["value"] is None


@pytest.mark.usefixtures("product")
def test_people_get_a_table(capsys: Any) -> None:
    out = run("indicators", capsys)
    assert "Active people" in out
    assert "0 of 9 with an open alert." in out


@pytest.mark.usefixtures("product")
def test_kept_figures_are_shown_without_working_them_out(capsys: Any) -> None:
    run("indicators --kept", capsys)
    assert not IndicatorValue.objects.exists()


def test_an_unknown_segment_is_refused(capsys: Any) -> None:
    with pytest.raises(CommandError):
        run("indicators --segment nowhere", capsys)
