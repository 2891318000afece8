"""``tenure import``, ``export`` and ``erase`` as they are typed."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from command_fixtures import Here

EVENTS = "account_id,person_id,event,timestamp\nacme,ann-12345,Login,2024-01-01\nacme,ben,Login,x\n"


@pytest.fixture
def events(here: Here) -> Path:
    path: Path = here.home.parent / "usage.csv"
    path.write_text(EVENTS)
    return path


def test_import_says_what_landed_and_why_a_row_did_not(here: Here, events: Path) -> None:
    said = here.ok("import", "events", events)
    assert "events: 1 new, 0 already known, 1 quarantined (of 2 rows in usage.csv)." in said
    assert "line 3: timestamp is 'x'" in said
    again = json.loads(here.ok("import", "events", events, "--json"))
    assert (again["new"], again["known"], again["quarantined"]) == (0, 1, 1)


def test_a_file_of_which_every_row_is_refused_exits_with_1(here: Here, events: Path) -> None:
    events.write_text("account_id,event,timestamp\nacme,Login,x\nacme,Login,y\n")
    done = here.run("import", "events", events)
    assert done.returncode == 1
    assert "0 new, 0 already known, 2 quarantined" in done.stdout
    assert here.run("import", "events", events, "--json").returncode == 1


def test_a_quote_that_never_closes_names_its_line(here: Here, events: Path) -> None:
    events.write_text(
        'account_id,event,timestamp\na,E,2024-01-01\nb,"E,2024-01-02\nc,E,2024-01-03\n'
    )
    done = here.run("import", "events", events)
    assert done.returncode == 2
    assert "line 3" in done.stderr
    assert "never closed" in done.stderr
    assert here.ok("export", "events").count("\n") == 1


def test_export_gives_csv_on_standard_output(here: Here, events: Path) -> None:
    here.ok("import", "events", events)
    (row,) = csv.DictReader(io.StringIO(here.ok("export", "events")))
    assert (row["account_id"], row["timestamp"]) == ("acme", "2024-01-01T00:00:00Z")


def test_a_wrong_word_is_one_line_with_a_remedy(here: Here, events: Path) -> None:
    for arguments in (
        ("import", "event", events),
        ("import", "events", "/dev/zero"),
        ("import", "events", events, "--map", "account_id=acount"),
        ("export", "visits"),
        ("export", "events", "--as-of", "soon"),
    ):
        done = here.run(*arguments)
        assert done.returncode == 2
        assert "To fix:" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_person_is_exported_and_erased(here: Here, events: Path) -> None:
    here.ok("import", "events", events)
    target = here.home.parent / "ann.json"
    here.ok("erase", "ann-12345", "--export-first", target, "--yes")
    assert len(json.loads(target.read_text())["facts"]["events"]) == 1
    assert "ann-12345" not in here.ok("export", "events")


def test_a_wrong_merge_is_listed_and_split(here: Here) -> None:
    from tenure.facts.models import IdentityLink, IdentitySplit

    IdentityLink.objects.create(alias="bob", person_id="ann", linked_at=datetime.now(UTC))
    assert "bob counts as ann" in here.ok("split", "ann")
    assert json.loads(here.ok("split", "ann", "--json"))["joined"][0]["alias"] == "bob"
    assert "bob is no longer ann" in here.ok("split", "bob", "--yes")
    assert "bob was split from ann" in here.ok("split", "bob")
    assert here.run("split", "bob", "--yes").returncode == 2
    here.ok("split", "bob", "--allow", "ann")
    assert not IdentitySplit.objects.exists()


@pytest.mark.faults
def test_an_import_killed_at_any_moment_goes_on(installation: Any) -> None:
    path = installation.home.parent / "many.csv"
    with path.open("w") as file:
        file.write("account_id,event,timestamp,n\n")
        file.writelines(
            f"a{i % 99},E,2024-{1 + i % 12:02d}-{1 + i % 28:02d},{i}\n" for i in range(200_000)
        )
    command = [sys.executable, "-m", "tenure.cli.main", "import", "events", str(path), "--json"]
    installation.ok("export", "events")
    for wait in (1.5, 3.0, 4.5):
        process = subprocess.Popen(
            command, env=installation.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=installation.home.parent,
        )  # fmt: skip
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    said = json.loads(installation.ok("import", "events", path, "--json"))
    assert said["new"] + said["known"] == 200_000
    out = installation.home.parent / "all.csv"
    installation.run("export", "events", "-o", out)
    with out.open() as file:
        ids = [row["message_id"] for row in csv.DictReader(file)]
    assert (len(ids), len(set(ids))) == (200_000, 200_000)
