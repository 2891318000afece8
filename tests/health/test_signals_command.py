"""``tenure signals``: what is measured about accounts, how, and from which facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenure.analytics.dataset import conform
from tenure.cli import main as cli
from tenure.facts import lake

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenure(workspace: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in this process; gives exit code, standard output and standard error."""
    days = pd.date_range("2024-03-01", "2024-03-20", tz="UTC")
    rows = pd.DataFrame({"account_id": "acme", "person_id": "p", "event": "Signed In",
                         "timestamp": days})  # fmt: skip
    lake.current().append("events", conform("events", rows), ("test", 1))

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def test_all_signals_and_risk_signals_are_listed(tenure: Any) -> None:
    signals = json.loads(tenure("signals", "list", "--json")[1])
    assert {"name": "dau_mau", "unit": "share"}.items() <= next(
        s for s in signals if s["name"] == "dau_mau"
    ).items()
    risks = json.loads(tenure("signals", "list", "--risk", "--json")[1])
    assert len(risks) >= 14
    assert {"level", "lead_time", "when"} <= risks[0].keys()


def test_a_signal_is_explained_in_words(tenure: Any) -> None:
    code, out, _ = tenure("signals", "explain", "logins_28d")
    assert code == 0
    assert "The number of @login" in " ".join(out.split())
    assert "Fires when" in tenure("signals", "explain", "no_login_7d")[1]


def test_an_unknown_name_is_answered_with_the_closest(tenure: Any) -> None:
    code, _, err = tenure("signals", "explain", "dau_mua")
    assert code == 2
    assert "did you mean dau_mau" in " ".join(err.split())


def test_one_account_is_computed_as_of_a_day(tenure: Any) -> None:
    arguments = ("signals", "compute", "acme", "--as-of", "2024-04-01", "--json")
    found = json.loads(tenure(*arguments)[1])
    assert found["signals"]["logins_28d"] == 17
    assert found["signals"]["days_since_login"] == 11
    assert "no_login_7d" in found["risk"]
    assert "Risk signals: " in tenure(*arguments[:-1])[1]


def test_an_unknown_account_is_told(tenure: Any) -> None:
    code, _, err = tenure("signals", "compute", "nobody")
    assert code == 2
    assert "account nobody was not known" in " ".join(err.split())


def test_the_facts_behind_a_signal_are_shown(tenure: Any) -> None:
    arguments = ("--as-of", "2024-03-08", "--json")
    rows = json.loads(tenure("signals", "facts", "logins_7d", "acme", *arguments)[1])
    assert len(rows) == 7
    assert rows[0]["time"].startswith("2024-03-07")


def test_values_and_facts_are_told_after_a_scoring_too(tenure: Any) -> None:
    assert tenure("score", "--as-of", "2024-04-01")[0] == 0
    assert "scores" in lake.current().tables()
    code, out, _ = tenure("signals", "compute", "acme", "--as-of", "2024-04-01", "--json")
    assert (code, json.loads(out)["signals"]["logins_28d"]) == (0, 17)
    code, out, _ = tenure(
        "signals", "facts", "logins_7d", "acme", "--as-of", "2024-03-08", "--json"
    )
    assert (code, len(json.loads(out))) == (0, 7)


def test_a_file_is_checked_on_top_of_what_is_in_force(tenure: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[signals.half]\nkind = "ratio"\nnumerator = "logins_28d"\ndivide = 2\n'
                   'title = "Half"\n')  # fmt: skip
    assert "are in order" in tenure("signals", "check", own)[1]
    own.write_text(own.read_text().replace("logins_28d", "logns_28d"))
    code, _, err = tenure("signals", "check", own)
    assert code == 2
    told = " ".join(err.split())
    assert "own.toml: signals.half" in told
    assert "did you mean" in told
