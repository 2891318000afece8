"""tenure onboarding: what it tells, as JSON, and what it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command_fixtures import Here


def test_the_command_tells_prints_json_and_refuses(here: Here, tmp_path: Path) -> None:
    none = here.run("onboarding")
    assert (none.returncode, "created_at" in none.stderr) == (2, True)
    first = (datetime.now(UTC) - timedelta(days=90)).date()
    rows = ["account_id,created_at", *(f"a{n},{first}" for n in range(25))]
    features = ["feature_id,event,core,high_value", "r,Report Shared,true,true"]
    events = ["account_id,person_id,event,timestamp",
              *(f"a{n},p{n},Report Shared,{first}T09:00:00Z" for n in range(20))]  # fmt: skip
    for table, lines in (("accounts", rows), ("features", features), ("events", events)):
        path = tmp_path / f"{table}.csv"
        path.write_text("\n".join(lines) + "\n")
        here.run("import", table, path)
    told = json.loads(here.ok("onboarding", "--json", "--by", "plan"))
    assert told["accounts"] == 25
    assert told["activation"]["share"]["value"] == 0.8
    assert told["value"]["median_hours"] == 9
    plain = here.ok("onboarding")
    for words in ("25 accounts", "First value", "Activation: 80.0%", "aimed at 40.0%"):
        assert words in plain
    assert "Nobody is late" in here.ok("onboarding", "--late")
    wrong = here.run("onboarding", "--by", "colour")
    assert (wrong.returncode, "use one of tier" in wrong.stderr) == (2, True)
