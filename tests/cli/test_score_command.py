"""tenure score and tenure validate, as a person and as a program call them."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

FIRST = date(2024, 1, 1)


def write(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.fixture
def filled(installation: Any, template: Path, tmp_path: Path) -> Any:
    """Six accounts by import: two of them fell silent and left."""
    installation.ready(template)
    days = {f"a{i}": 300 if i < 4 else 120 + 30 * i for i in range(6)}
    rows = [f"s-{a},{a},{FIRST},{'' if n == 300 else FIRST + timedelta(days=n)},9900,USD"
            for a, n in days.items()]  # fmt: skip
    events = [
        f"{a},{a}-p,Signed In,{FIRST + timedelta(days=d)}T09:00:00Z"
        for a, n in days.items()
        for d in range(0, n if n == 300 else n - 45, 2)
    ]
    subscriptions = write(
        tmp_path / "subscriptions.csv",
        "subscription_id,account_id,started_at,ended_at,mrr_minor,currency",
        rows,
    )
    installation.run("import", "subscriptions", subscriptions)
    head = "account_id,person_id,event,timestamp"
    installation.run("import", "events", write(tmp_path / "events.csv", head, events))
    return installation


def test_scoring_and_validating(filled: Any) -> None:
    told = json.loads(filled.run("score", "--as-of", "2024-10-01", "--json").stdout)
    assert (told["model"], told["as_of"][:10], told["accounts"]) == (
        "six_dimensions", "2024-10-01", 4,
    )  # fmt: skip
    assert sum(band["accounts"] for band in told["bands"]) == 4
    shown = filled.run("score", "--as-of", "2024-06-01").stdout
    assert "6 accounts scored" in shown or "5 accounts scored" in shown
    assert "history only" in shown
    done = filled.run("validate", "--model", "formula")
    assert done.returncode == 0, done.stderr
    assert "Too little churn to tell" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["score", "--as-of", "soon"], "soon is no day"),
        (["score", "--model", "guess"], "health/models/guess"),
        (["validate"], "no subscriptions"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_remedy(
    installation: Any, template: Path, arguments: list[str], problem: str
) -> None:
    installation.ready(template)
    done = installation.run(*arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "To fix:" in done.stderr
