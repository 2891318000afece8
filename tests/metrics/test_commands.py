"""The revenue commands on a workspace: what they print, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import time_machine
import worlds

from tenure.analytics.dataset import conform
from tenure.cli.main import build
from tenure.facts import lake

pytestmark = pytest.mark.django_db

LIVES = [
    ("ada", "2024-01-10", None, 10_000, "web"),
    ("bo", "2024-01-20", "2024-03-05", 5_000, "ads"),
    ("cy", "2024-02-05", None, 20_000, "web"),
]


@pytest.fixture
@worlds.once
def company(workspace: Any) -> None:
    """Three accounts with a subscription each; bo left in March."""
    subscriptions = [
        {
            "subscription_id": f"s-{who}", "account_id": who, "started_at": start, "ended_at": end,
            "mrr_minor": mrr, "currency": "USD", "status": "active",
        }
        for who, start, end, mrr, _ in LIVES
    ]  # fmt: skip
    accounts = [
        {"account_id": who, "updated_at": start, "channel": channel}
        for who, start, _, _, channel in LIVES
    ]
    here = lake.current()
    for table, rows in (("subscriptions", subscriptions), ("accounts", accounts)):
        here.append(table, conform(table, pa.Table.from_pylist(rows)), ("test", 1))


def run(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    given = words.split()
    with time_machine.travel("2024-04-15T09:00:00Z", tick=False):
        build(given)(args=given, prog_name="tenure", standalone_mode=False)
    return capsys.readouterr().out


def test_metrics_tells_each_month_and_its_movements(company: None, capsys: Any) -> None:
    told = json.loads(run("metrics --months 4 --json", capsys))
    assert [(m["month"], m["new_minor"], m["churn_minor"], m["end_minor"]) for m in told] == [
        ("2024-01-01", 15_000, 0, 15_000),
        ("2024-02-01", 20_000, 0, 35_000),
        ("2024-03-01", 0, 5_000, 30_000),
        ("2024-04-01", 0, 0, 30_000),
    ]


def test_every_figure_opens_to_its_accounts(company: None, capsys: Any) -> None:
    behind = json.loads(run("metrics --months 4 --accounts --json", capsys))
    assert [(r["account_id"], r["kind"], r["amount"]) for r in behind] == [
        ("ada", "new", "100.00"),
        ("bo", "new", "50.00"),
        ("cy", "new", "200.00"),
        ("bo", "churn", "-50.00"),
    ]


def test_a_past_month_can_be_asked_for_as_it_was_known_then(company: None, capsys: Any) -> None:
    told = json.loads(run("metrics --months 2 --as-known 2024-03-01 --json", capsys))
    assert sum(m["churn_minor"] for m in told) == 0


def test_cohorts_split_by_channel(company: None, capsys: Any) -> None:
    told = json.loads(run("cohorts --months 4 --by channel --json", capsys))
    ads = {c["age"]: c["logo_retention"] for c in told if c["group"] == "ads"}
    assert ads == {0: 1.0, 1: 1.0, 2: 0.0}


def test_ltv_gives_equation_survival_and_levers(company: None, capsys: Any) -> None:
    (told,) = json.loads(run("ltv --json", capsys))
    assert told["accounts"] == 3
    assert told["ltv_minor"] == pytest.approx(told["arpa_minor"] / told["monthly_churn"])
    assert told["predictive"]["low_minor"] <= told["predictive"]["ltv_minor"]
    assert set(told["levers"]) == {"revenue", "lifespan", "cac"}


def test_a_value_without_any_loss_says_so(company: None, capsys: Any) -> None:
    (told,) = json.loads(run("ltv --as-known 2024-03-01 --json", capsys))
    assert (told["lost"], told["ltv_minor"]) == (0, None)
    assert told["caution"].startswith("Nobody has left yet")
    assert "USD: Nobody has left yet" in run("ltv --as-known 2024-03-01", capsys)
    assert json.loads(run("ltv --json", capsys))[0]["caution"] == ""


@pytest.mark.parametrize("command", ["metrics", "cohorts", "ltv"])
def test_tables_are_readable_and_an_empty_workspace_says_what_to_do(
    command: str, workspace: Any, capsys: Any
) -> None:
    assert "tenure import subscriptions" in run(command, capsys)


def test_an_unknown_split_names_the_known_ones(company: None, capsys: Any) -> None:
    with pytest.raises(ValueError, match="use plan, channel, industry, country"):
        run("metrics --by mood", capsys)


def test_a_day_that_is_none_is_refused_with_its_form(workspace: Path, capsys: Any) -> None:
    with pytest.raises(Exception, match="is no day"):
        run("ltv --as-known march", capsys)


def test_the_table_on_a_terminal_shows_money_and_rates(company: None, capsys: Any) -> None:
    table = run("metrics --months 3", capsys)
    march = next(line for line in table.splitlines() if "2024-03" in line)
    rates = ["85.7%", "85.7%", "33.3%"]  # 1 - 50 / 350, and one account of three
    assert march.split()[1:] == ["USD", "350", "0", "0", "0", "0", "50", "300", *rates]
