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
from pathlib import Path
from typing import Any

import pytest

EVENTS = "account_id,person_id,event,timestamp\nacme,ann-12345,Login,2024-01-01\nacme,ben,Login,x\n"


@pytest.fixture
def events(installation: Any) -> Path:
    path: Path = installation.home.parent / "usage.csv"
    path.write_text(EVENTS)
    return path


def test_import_says_what_landed_and_why_a_row_did_not(installation: Any, events: Path) -> None:
    said = installation.ok("import", "events", events)
    assert "events: 1 new, 0 already known, 1 quarantined (of 2 rows in usage.csv)." in said
    assert "line 3: timestamp is 'x'" in said
    again = json.loads(installation.ok("import", "events", events, "--json"))
    assert (again["new"], again["known"], again["quarantined"]) == (0, 1, 1)


def test_export_gives_csv_on_standard_output(installation: Any, events: Path) -> None:
    installation.ok("import", "events", events)
    (row,) = csv.DictReader(io.StringIO(installation.ok("export", "events")))
    assert (row["account_id"], row["timestamp"]) == ("acme", "2024-01-01T00:00:00Z")


def test_a_wrong_word_is_one_line_with_a_remedy(installation: Any, events: Path) -> None:
    for arguments in (
        ("import", "event", events),
        ("import", "events", "/dev/zero"),
        ("import", "events", events, "--map", "account_id=acount"),
        ("export", "visits"),
        ("export", "events", "--as-of", "soon"),
    ):
        done = installation.run(*arguments)
        assert done.returncode == 2
        assert "To fix:" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_person_is_exported_and_erased(installation: Any, events: Path) -> None:
    installation.ok("import", "events", events)
    target = installation.home.parent / "ann.json"
    installation.ok("erase", "ann-12345", "--export-first", target, "--yes")
    assert len(json.loads(target.read_text())["facts"]["events"]) == 1
    assert "ann-12345" not in installation.ok("export", "events")


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
