"""``tenure plays``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from people import NOW

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.plays.models import PlaySwitch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace")]


def run(words: str, capsys: Any) -> str:
    given = words.split()
    with time_machine.travel(NOW, tick=False):
        assert not build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return str(capsys.readouterr().out)


def test_plays_are_listed_and_switched(capsys: Any) -> None:
    assert "is on" in run("plays on win-back", capsys)
    assert PlaySwitch.objects.get().state == "on"
    listed = {row["name"]: row for row in json.loads(run("plays list --json", capsys))}
    assert listed["win-back"]["state"] == "on"
    assert listed["nps-detractor"]["state"] == "off"
    assert "is paused" in run("plays pause win-back", capsys)
    assert "0 in it were taken out" in run("plays stop win-back", capsys)
    assert "win-back" in run("plays list", capsys)


def test_a_play_that_does_not_exist_is_refused(capsys: Any) -> None:
    with pytest.raises(SpecError):
        run("plays on nonsense", capsys)
    assert not PlaySwitch.objects.exists()


def test_a_trial_prints_every_week_and_refuses_what_cannot_be_tried(capsys: Any) -> None:
    told = json.loads(run("plays try risk-critical --json", capsys))
    assert (told["count"], len(told["looked_at"])) == (0, 13)
    with pytest.raises(SpecError, match="only rules and dates"):
        run("plays try dormant-person", capsys)


def test_the_effect_is_not_claimed_before_anybody_is_judged(capsys: Any) -> None:
    assert "Nothing can be said yet" in run("plays effect risk-critical", capsys)
