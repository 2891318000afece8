"""``tenure experiment``: sizing and judging from a file, without a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tenure.cli import main as cli
from tenure.cli.main import build


def run(capsys: Any, *words: str) -> str:
    given = ["experiment", *words]
    build(given)(args=given, prog_name="tenure", standalone_mode=False)
    told: str = capsys.readouterr().out
    return told


def refused(capsys: Any, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(["experiment", *words])
    assert ended.value.code == 2
    told: str = capsys.readouterr().err
    return " ".join(told.split())


@pytest.fixture
def table() -> pa.Table:
    """A hold-out of 1,000 of whom 800 stayed, 1,000 treated of whom 860 did; some complained."""
    return pa.table(
        {
            "id": list(range(2000)),
            "arm": ["control"] * 1000 + ["play"] * 1000,
            "stayed": [int(i < 800) for i in range(1000)] + [int(i < 860) for i in range(1000)],
            "complained": [int(i < 10) for i in range(1000)] + [int(i < 90) for i in range(1000)],
            "before": [i % 7 for i in range(2000)],
        }
    )


@pytest.fixture
def file(table: pa.Table, tmp_path: Path) -> Path:
    csv.write_csv(table, tmp_path / "trial.csv")
    return tmp_path / "trial.csv"


def test_power_tells_the_size_r_gives(capsys: Any) -> None:
    # power.prop.test(p1 = .5, p2 = .75, power = .8): n = 57.7
    words = ("power", "--baseline", "0.5", "--effect", "0.25", "--per-day", "10", "--json")
    told = json.loads(run(capsys, *words))
    assert (told["control"], told["treated"], told["total"], told["days"]) == (58, 58, 116, 14)
    assert told["too_long"] is False


def test_looking_early_costs_units_and_a_mean_needs_its_spread(capsys: Any) -> None:
    words = ("power", "--baseline", "20", "--sd", "40", "--effect", "2", "--json")
    once, often = (json.loads(run(capsys, *words, *w)) for w in ((), ("--watched",)))
    assert (
        once["control"] == 6281
    )  # 2 (1.96 + 0.8416)^2 40^2 / 2^2 = 6279.1, and the t needs 2 more
    assert often["control"] > 1.5 * once["control"]


def test_the_units_there_are_tell_the_smallest_effect_seen(capsys: Any) -> None:
    words = ("power", "--baseline", "0.8", "--units", "1812", "--json")
    assert json.loads(run(capsys, *words))["effect"] == pytest.approx(0.05, abs=1e-4)


def test_a_run_longer_than_policy_waits_for_is_said_to_be(capsys: Any) -> None:
    told = run(capsys, "power", "--baseline", "0.8", "--effect", "0.01", "--per-day", "10")
    assert "Longer than the 84 days" in told


def test_analyse_says_in_words_that_it_works_and_what_it_saved(file: Path, capsys: Any) -> None:
    told = run(
        capsys, "analyse", str(file), "--arm", "arm", "--metric", "stayed",
        "--currency", "USD", "--worth-minor", "9000",
    )  # fmt: skip
    assert "play: It works" in told
    assert "+6 points" in told
    assert "Saved: 5,400.00 USD (" in told  # 60 accounts at $90


def test_csv_and_parquet_give_the_same_json(file: Path, table: pa.Table, capsys: Any) -> None:
    parquet.write_table(table, file.with_suffix(".parquet"))
    words = (
        "--arm",
        "arm",
        "--metric",
        "stayed",
        "--covariate",
        "before",
        "--unit",
        "id",
        "--json",
    )
    one = run(capsys, "analyse", str(file), *words)
    assert one == run(capsys, "analyse", str(file.with_suffix(".parquet")), *words)
    (found,) = json.loads(one)["results"]
    assert found["verdict"] == "works"
    assert found["difference"]["low"] < 0.06 < found["difference"]["high"]


def test_a_guardrail_and_a_split_can_overrule(file: Path, capsys: Any) -> None:
    words = ("analyse", str(file), "--arm", "arm", "--metric", "stayed")
    told = run(capsys, *words, "--guardrail", "complained:lower")
    assert "IT HARMS" in told
    assert "Guardrail complained: harmed" in told
    assert "THE ASSIGNMENT IS BROKEN" in run(capsys, *words, "--split", "control=1,play=9")


def test_a_policy_of_ones_own_is_used(file: Path, tmp_path: Path, capsys: Any) -> None:
    from importlib import resources

    text = resources.files("tenure.analytics.experiments").joinpath("experiments.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(text.replace("min_sample = 100", "min_sample = 5000"))
    told = run(capsys, "analyse", str(file), "--arm", "arm", "--metric", "stayed",
               "--policy", str(own))  # fmt: skip
    assert "Too few to tell" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["power", "--baseline", "0.8"], "give either the effect"),
        (["power", "--baseline", "0.8", "--effect", "0.3"], "shares must lie between 0 and 1"),
        (["power", "--baseline", "0.8", "--units", "2"], "at least two units"),
        (["power", "--baseline", "0.8", "--units", "9", "--held-out", "1"], "held out must lie"),
        (["analyse", "FILE", "--arm", "arm", "--metric", "nope"], "nope: is no column"),
        (["analyse", "FILE", "--arm", "before", "--metric", "stayed"], "name the control"),
        (["analyse", "FILE", "--arm", "arm", "--metric", "stayed", "--split", "x"], "is no split"),
        (["analyse", "FILE.gone", "--arm", "arm", "--metric", "stayed"], "No such file"),
    ],
)
def test_wrong_input_is_refused_in_one_line(
    words: list[str], said: str, file: Path, capsys: Any
) -> None:
    assert said in refused(capsys, *(word.replace("FILE", str(file)) for word in words))
