"""``tenure cancel``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from programs.cancel.cancelling import TEXT, Company, days, make

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.core import policy
from tenure.kit.commands.output import CommandError
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.workflow import Cancel, No, ReasonGiven, Yes

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Company:
    company = make(monkeypatch)
    company.says(
        company.comes(), ReasonGiven("too_expensive"), Yes("discount"), more="Half, please"
    )
    company.says(company.comes(), ReasonGiven("switching"), No(), Cancel())
    return company


@pytest.fixture
def run(company: Company, capsys: Any) -> Any:
    def call(words: str) -> str:
        given = words.split()
        with time_machine.travel(company.now + days(1), tick=False):
            assert not build(given)(args=given, prog_name="tenure", standalone_mode=False)
        return str(capsys.readouterr().out)

    return call


def test_saves_by_reason_and_as_json(run: Any) -> None:
    told = run("cancel saves")
    assert "1 offers taken, 0 left undecided, 1 cancelled, of 2. Went later anyway: 1 + 0." in told
    assert "too_expensive" in told
    assert "Save rate 50 %" in told
    assert json.loads(run("cancel saves --json"))["saved_gone"] == 1
    assert "pro" in run("cancel saves --by plan")
    with pytest.raises(CommandError, match="nothing is told by"):
        run("cancel saves --by mood")


def test_visits_are_listed_and_shown(run: Any) -> None:
    assert "switching" in run("cancel list --outcome cancelled")
    rows = json.loads(run("cancel list --json"))
    shown = run(f"cancel show {rows[-1]['id']}")
    assert "Half, please" in shown
    assert "coupon done" in shown
    assert json.loads(run(f"cancel show {rows[-1]['id']} --json"))["outcome"] == "saved"
    with pytest.raises(CommandError, match="no visit"):
        run("cancel show 99999")


def test_what_waits_is_told_and_tried_again(run: Any, company: Company) -> None:
    assert "Nothing waits" in run("cancel waiting")
    company.subscribe("other", "s9")
    company.till.says_no = "locked"
    company.says(company.comes("other"), ReasonGiven(""), Cancel())
    (row,) = json.loads(run("cancel waiting --json"))
    assert row["detail"] == "locked"
    company.till.says_no = ""
    assert "done" in run(f"cancel again {row['id']}")


def test_what_was_done_is_taken_back(run: Any) -> None:
    rows = json.loads(run("cancel list --outcome saved --json"))
    act, end = json.loads(run(f"cancel show {rows[0]['id']} --json"))["acts"]
    assert (act["what"], end["what"]) == ("coupon", "coupon_end")
    assert "done" in run(f"cancel take-back {act['id']} --why phoned")
    with pytest.raises(SpecError):
        run(f"cancel take-back {act['id']} --why again")


def test_a_link_is_made_for_accounts_while_it_is_on(run: Any, company: Company) -> None:
    assert "/m/cancel/" in run("cancel link acme")
    with pytest.raises(CommandError, match="no account"):
        run("cancel link nobody")
    policy.save("cancel", TEXT.replace("on = true", "on = false", 1), "a", "", company.now)
    with pytest.raises(CommandError, match="switched off"):
        run("cancel link acme")


def test_a_preview_carries_nothing_out(run: Any, company: Company) -> None:
    company.subscribe("other", "s9")
    count = Visit.objects.count()
    assert "25 % off" in run("cancel preview other")
    assert json.loads(run("cancel preview other --json --language de"))[0]["title"].startswith("Es")
    with pytest.raises(CommandError, match="no running subscription"):
        run("cancel preview nobody")
    assert Visit.objects.count() == count


def test_the_doctor_tells_what_billing_refused_or_left_waiting(company: Company) -> None:
    from tenure.core import operations
    from tenure.core.doctor import Level
    from tenure.programs.cancel.doctor import promised

    limits = operations.packaged().doctor

    def levels() -> list[Level]:
        return [found.level for found in promised(limits, company.now)]

    assert levels() == [Level.OK]
    company.subscribe("other", "s9")
    company.till.says_no = "locked"
    company.says(company.comes("other"), ReasonGiven(""), Cancel())
    assert levels() == [Level.FAIL]
    company.subscribe("third", "s10")
    company.till.says_no, company.till.away = "", True
    company.says(company.comes("third"), ReasonGiven(""), Cancel())
    assert levels() == [Level.FAIL]
    company.now += days(0.1)
    assert levels() == [Level.FAIL, Level.WARN]
