"""The board: figures by hand, standings, the page, the command and the API."""

from __future__ import annotations

import doctest
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
import worlds
from django.test import Client
from health.companies import add
from hypothesis import given
from hypothesis import strategies as st
from people import NOW

from tenure.analytics.errors import SpecError
from tenure.cli.main import build
from tenure.core import policy
from tenure.documents.board import figures, spec
from tenure.documents.board.pages import views
from tenure.documents.board.spec import Entry, Figure, Measure, standing
from tenure.programs.dunning.models import Case

RULES = Path(__file__).parents[2] / "docs/rules/board.md"
DAY = timedelta(days=1)


@pytest.mark.parametrize("module", [spec, figures])
def test_examples_give_what_they_say(module: Any) -> None:
    result = doctest.testmod(module)
    assert (result.attempted > 0, result.failed) == (True, 0)


def test_the_examples_of_the_page_work() -> None:
    found = doctest.testfile(str(RULES), module_relative=False)
    assert (found.attempted > 3, found.failed) == (True, 0)


@given(
    st.floats(0, 2), st.floats(0, 2), st.sampled_from(["up", "down"]), st.floats(0, 0.5),
    st.floats(0.001, 1),
)  # fmt: skip
def test_a_better_figure_never_stands_worse(value, target, better, near, step) -> None:
    order = ["off", "near", "on"]
    measure = Measure(group="g", title="T", unit="share", better=better, target=target, says="S")
    best = value + step if better == "up" else value - step
    worse = standing(Figure(value, 9), measure, near)
    assert order.index(standing(Figure(best, 9), measure, near)) >= order.index(worse)


def test_a_document_that_names_no_group_of_its_own_is_refused() -> None:
    text = spec.DEFAULT.read_text("utf-8").replace('group = "service"', 'group = "other"', 1)
    with pytest.raises(SpecError, match="names the group 'other'"):
        spec.parse("board.toml", text)


@pytest.fixture
@worlds.once
def firm(workspace: Any, db: None) -> None:
    """Two months of one small firm, made by hand."""
    tickets = [
        {"ticket_id": f"t{n}", "account_id": "a1", "opened_at": NOW - n * DAY,
         "first_reply_at": NOW - n * DAY + timedelta(hours=n),
         "resolved_at": NOW - n * DAY + timedelta(hours=10), "csat": 5 if n % 5 else 2}
        for n in range(1, 21)
    ]  # fmt: skip
    events = [
        {"account_id": "a1", "person_id": f"p{n}", "event": "Report Shared",
         "timestamp": NOW - 5 * DAY}
        for n in range(40)
    ]  # fmt: skip
    new = [
        {"account_id": f"n{n}", "created_at": NOW - 20 * DAY, "updated_at": NOW - 20 * DAY}
        for n in range(10)
    ]  # fmt: skip
    used = [
        {"account_id": f"n{n}", "person_id": f"q{n}", "event": "Report Shared",
         "timestamp": NOW - 20 * DAY + (n + 1) * 2 * DAY}
        for n in range(5)
    ]  # fmt: skip
    answers = [
        {"response_id": f"r{n}", "account_id": "a1", "person_id": f"p{n}", "survey": "nps",
         "score": 10 if n < 12 else 2, "responded_at": NOW - 3 * DAY}
        for n in range(20)
    ]  # fmt: skip
    features = [{"feature_id": "f", "event": "Report Shared", "core": True, "high_value": True,
                 "updated_at": NOW - 99 * DAY}]  # fmt: skip
    add(1, tickets=tickets, events=[*events, *used], accounts=new, responses=answers,
        features=features)  # fmt: skip
    for n in range(12):
        Case.objects.create(
            invoice_id=f"i{n}", account_id="a1", amount_minor=1, opened_at=NOW - 9 * DAY,
            kind="soft", state="recovered" if n < 9 else "cancelled", closed_at=NOW - DAY,
        )  # fmt: skip


def board(now: Any = NOW) -> dict[str, Entry]:
    return {e.name: e for e in figures.board(now)}


def test_figures_are_those_counted_by_hand(firm) -> None:
    found = board()
    assert found["first_response"].now == Figure(10.5, 20)  # 1 to 20 hours
    assert found["resolution"].now == Figure(10.0, 20)
    assert found["csat"].now.value == 16 / 20
    assert found["support_load"].now == Figure(20 / 45, 45)  # 40 people and five of new accounts
    assert found["nps"].now.value == 20.0  # 12 of 20 promoters, 8 detractors
    assert found["first_value"].now == Figure(10.0, 10)  # 2, 4, 6, 8, 10 days, and five not yet
    assert found["activation"].now.value == 3 / 10
    assert (found["recovery"].now.value, found["recovery"].standing) == (0.75, "on")
    assert found["nrr"].standing == found["save_rate"].standing == "nothing"


def test_a_first_value_that_half_have_not_reached_has_no_median(firm) -> None:
    """Seven days after the start two of ten are there."""
    entry = board(NOW - 13 * DAY + timedelta(hours=1))["first_value"]
    assert (entry.now.value, entry.now.n, entry.standing) == (None, 10, "off")
    assert entry.now.low == pytest.approx(7 + 1 / 24)
    assert views.value(entry.now, entry.measure) == "over 7 days"


def test_a_figure_has_one_target_wherever_it_is_shown(firm) -> None:
    """The board shows what the document says that the target belongs to."""
    found = board()
    assert (found["save_rate"].measure.target, found["activation"].measure.target) == (0.25, 0.4)
    assert (found["nrr"].measure.target, found["first_value"].measure.target) == (1.0, 2.0)
    text = policy.text("revenue").replace("nrr = 1.0", "nrr = 1.1")
    policy.save("revenue", text, "tests", "", NOW)
    assert board()["nrr"].measure.target == 1.1


def test_two_targets_for_one_figure_are_refused() -> None:
    text = spec.DEFAULT.read_text("utf-8").replace(
        'target_from = "revenue.targets.nrr"', 'target_from = "revenue.targets.nrr"\ntarget = 1.0'
    )
    with pytest.raises(SpecError, match="give a target, or say in target_from"):
        spec.parse("board.toml", text)


def test_yearly_targets_are_held_against_yearly_figures(workspace: Any, db: None) -> None:
    """Ten accounts of 1,000 a year ago. Since then one left, one halved, one doubled, one came back
    at 500, and one was won: 6 x 1,000 + 500 + 2,000 + 500 = 9,000 of 10,000; GRR 8,000."""
    then, ago = NOW - timedelta(days=800), lambda days: NOW - timedelta(days=days)

    def told(n: int, mrr: int, since: Any = then, **more: Any) -> dict[str, Any]:
        return {"subscription_id": f"s{n}", "account_id": f"a{n}", "started_at": then,
                "updated_at": since, "status": "active", "mrr_minor": mrr, "currency": "EUR",
                **more}  # fmt: skip

    add(
        1,
        accounts=[{"account_id": f"a{n}", "updated_at": then} for n in range(11)],
        subscriptions=[
            *(told(n, 1000) for n in range(10)),
            told(0, 1000, ago(200), status="cancelled", ended_at=ago(200)),
            told(1, 500, ago(150)),
            told(2, 2000, ago(150)),
            told(3, 1000, ago(250), status="cancelled", ended_at=ago(250)),
            told(3, 500, ago(100), subscription_id="s3b", started_at=ago(100)),
            told(10, 700, ago(90), started_at=ago(90)),
        ],
    )
    found = board()
    assert found["nrr"].now == Figure(0.9, 10)
    assert found["grr"].now == Figure(0.8, 10)
    assert (found["nrr"].standing, found["grr"].standing) == ("near", "off")
    assert found["net_churn"].now.value == 0.0  # of the last whole month


def test_what_comes_later_is_not_known_yet(firm) -> None:
    before = board(NOW - 10 * DAY)
    assert before["first_response"].now.n == 10
    assert before["nps"].standing == "nothing"
    assert before["recovery"].standing == "nothing"


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("cs_lead", 200), ("csm", 200), ("analyst", 200), ("support", 403)],
)
def test_who_sees_the_page(firm, colleague, role, status) -> None:
    client = Client()
    client.force_login(colleague(role), backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel(NOW, tick=False):
        answer = client.get("/revenue/board/")
    assert answer.status_code == status
    if status == 200:
        page = answer.content.decode()
        assert "First response" in page
        assert "10.5 h" in page
        assert "below 4 h" in page
        assert "not measured yet" in page


def test_an_empty_workspace_is_told_so(workspace, alice) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert "Nothing can be judged yet" in client.get("/revenue/board/").content.decode()


def test_the_command_and_the_api_tell_the_same(firm, api, capsys) -> None:
    with time_machine.travel(NOW, tick=False):
        words = ["board", "--json"]
        assert not build(words)(args=words, prog_name="tenure", standalone_mode=False)
        told = json.loads(capsys.readouterr().out)
        rest = api("analyst").get("/api/v1/metrics/board").json()
    assert {t["name"]: t["now"] for t in told} == {t["name"]: t["now"] for t in rest}
    assert len(rest[0]["trend"]) >= 1


def test_targets_are_policy(firm, alice) -> None:
    text = spec.DEFAULT.read_text("utf-8").replace(
        "target = 4.0\nleast = 5", "target = 12.0\nleast = 5"
    )
    policy.save(spec.DOCUMENT, text, alice, "", NOW)
    assert board()["first_response"].standing == "on"
