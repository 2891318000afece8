"""tenure model: replay a text, have one proposed, adopt it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import worlds
from command_fixtures import Here

FIRST = date(2024, 1, 1)
FORMULA = "health/models/formula"


@pytest.fixture
def filled(here: Here, tmp_path: Path) -> Here:
    """Fourteen accounts by import: twelve of them fell silent and left."""
    worlds.fill("models tried", lambda: silent_accounts(here, tmp_path))
    return here


def silent_accounts(here: Here, folder: Path) -> None:
    days = {f"a{i:02}": 420 if i > 11 else 150 + 20 * i for i in range(14)}
    rows = ["subscription_id,account_id,started_at,ended_at,mrr_minor,currency"]
    rows += [f"s-{a},{a},{FIRST},{'' if n == 420 else FIRST + timedelta(days=n)},9900,USD"
             for a, n in days.items()]  # fmt: skip
    events = ["account_id,person_id,event,timestamp"]
    events += [
        f"{a},{a}-p,Signed In,{FIRST + timedelta(days=d)}T09:00:00Z"
        for a, n in days.items()
        for d in range(0, n if n == 420 else n - 45, 3)
    ]
    for table, lines in (("subscriptions", rows), ("events", events)):
        path = folder / f"{table}.csv"
        path.write_text("\n".join(lines) + "\n")
        here.run("import", table, path)


def test_a_file_is_replayed_and_adopted(filled: Here, tmp_path: Path) -> None:
    body = filled.ok("policy", "show", FORMULA)
    body = body.replace("[[1, 100], [4, 80]", "[[1, 100], [5, 80]")
    file = tmp_path / "formula.toml"
    file.write_text(body)
    told = json.loads(filled.run("model", "replay", file, "--json").stdout)
    assert told["replay"]["verdict"]["code"] == "too_little_churn"
    assert told["text"] == body
    plain = filled.run("model", "replay", file).stdout
    for words in ("Too little churn to tell", "False alarms a week", "AUC changed"):
        assert words in plain
    assert filled.ok("model", "text", told["id"]) == body
    assert "is in force" in filled.ok("model", "adopt", told["id"])
    assert filled.ok("policy", "show", FORMULA) == body
    rows = json.loads(filled.ok("model", "trials", "--json"))
    assert [(r["model"], r["kind"], r["adopted"]) for r in rows] == [
        ("formula", "change", None), ("formula", "change", 1),
    ]  # fmt: skip


def test_a_proposal_says_what_it_learned_on(filled: Here, tmp_path: Path) -> None:
    few = filled.run("model", "propose", "--model", "formula")
    assert (few.returncode, "20 are needed" in few.stderr) == (2, True)
    assert [t["state"] for t in json.loads(filled.ok("model", "trials", "--json"))] == ["failed"]
    folder = tmp_path / "policy"
    folder.mkdir()
    body = filled.ok("policy", "show", "validation").replace("min_churned = 20", "min_churned = 5")
    (folder / "validation.toml").write_text(body)
    filled.ok("policy", "apply", folder)
    done = filled.run("model", "propose", "--model", "formula")
    assert done.returncode == 0, done.stderr
    for words in ("Learned on", "Weight", "Use alone is not value"):
        assert words in done.stdout
    kept = json.loads(filled.ok("model", "trials", "--json"))[0]
    assert (kept["kind"], f"tenure model adopt {kept['id']}" in done.stdout) == ("proposal", True)


def test_what_is_wrong_is_said_with_its_remedy(here: Here, tmp_path: Path) -> None:
    missing = here.run("model", "replay", tmp_path / "none.toml")
    assert (missing.returncode, "there is no file" in missing.stderr) == (2, True)
    unknown = here.run("model", "adopt", 99)
    assert (unknown.returncode, "tenure model trials" in unknown.stderr) == (2, True)
    file = tmp_path / "formula.toml"
    file.write_text(here.ok("policy", "show", FORMULA))
    nothing = here.run("model", "replay", file)
    assert (nothing.returncode, "no subscriptions" in nothing.stderr) == (2, True)
