"""tenure score and tenure validate, as a person and as a program call them."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from command_fixtures import Here

FIRST = date(2024, 1, 1)


def write(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


@pytest.fixture
def filled(here: Here, tmp_path: Path) -> Here:
    """Six accounts by import: two of them fell silent and left."""
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
    here.run("import", "subscriptions", subscriptions)
    head = "account_id,person_id,event,timestamp"
    here.run("import", "events", write(tmp_path / "events.csv", head, events))
    return here


def test_scoring_and_validating(filled: Here) -> None:
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


def test_what_a_scoring_could_not_see_is_said_with_what_to_map(here: Here, tmp_path: Path) -> None:
    """Events without a person, and a subscription without an amount, are missing and not zero."""
    rows = [f"acme,Signed In,2024-03-{day:02}T09:00:00Z" for day in range(1, 21)]
    here.run("import", "events", write(tmp_path / "e.csv", "account_id,event,timestamp", rows))
    head = "subscription_id,account_id,started_at"
    here.run("import", "subscriptions", write(tmp_path / "s.csv", head, ["s1,acme,2024-01-01"]))
    done = here.run("score", "--as-of", "2024-03-21")
    assert (done.returncode, done.stderr) == (0, "")
    said = " ".join(done.stdout.split())
    assert "None of the 20 events of the last 90 days names a person." in said
    assert "To fix: Map the column of the user: person_id=COLUMN" in said
    assert "1 subscription pays and has no amount (s1)" in said
    assert "No event of the last 90 days plays:" in said


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["score", "--as-of", "soon"], "soon is no day"),
        (["score", "--model", "guess"], "health/models/guess"),
        (["validate"], "no subscriptions"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_remedy(
    here: Here, arguments: list[str], problem: str
) -> None:
    done = here.run(*arguments)
    assert done.returncode == 2
    assert problem in done.stderr
    assert "To fix:" in done.stderr
