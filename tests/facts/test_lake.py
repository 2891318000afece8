"""The lake keeps facts once, durably, in files any engine reads, and can really forget."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from tenure.facts.lake import KEEP_LOG_MINUTES, Lake

START = datetime(2024, 3, 1, 12, tzinfo=UTC)


def events(*ids: str, day: int = 0, person: str = "alice") -> pa.Table:
    at = START + timedelta(days=day)
    return pa.Table.from_pylist(
        [
            {
                "message_id": i,
                "event": "Signed In",
                "timestamp": at,
                "received_at": at,
                "person_id": person,
                "account_id": "acme",
                "properties": "{}",
            }
            for i in ids
        ]
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def ids(lake: Lake) -> list[str]:
    files = lake.dataset(["events"]).tables["events"]
    found = duckdb.connect().execute("SELECT message_id FROM read_parquet(?) ORDER BY 1", [files])
    return [row[0] for row in found.fetchall()]


def test_an_empty_lake_has_nothing(lake: Lake) -> None:
    assert not lake.exists("events")
    assert lake.version("events") == -1
    assert lake.rows("events") == 0
    assert lake.dataset(["events"]).tables == {}


def test_a_transaction_is_written_once(lake: Lake) -> None:
    assert lake.append("events", events("a", "b"), ("inbox", 1))
    assert not lake.append("events", events("a", "b"), ("inbox", 1))
    assert lake.append("events", events("c"), ("inbox", 2))
    assert lake.append("events", events("d"), ("import:x", 1))
    assert ids(lake) == ["a", "b", "c", "d"]
    assert lake.rows("events") == 4


def test_another_process_sees_the_transaction(lake: Lake) -> None:
    lake.append("events", events("a"), ("inbox", 7))
    assert not Lake(lake.root).append("events", events("a"), ("inbox", 7))
    assert Lake(lake.root).transaction("events", "inbox") == 7


def test_two_writers_with_one_transaction_leave_one(lake: Lake) -> None:
    lake.append("events", events("a"), ("inbox", 1))
    first, second = Lake(lake.root), Lake(lake.root)
    first.version("events"), second.version("events")
    assert first.append("events", events("b"), ("inbox", 2))
    assert not second.append("events", events("b"), ("inbox", 2))
    assert ids(lake) == ["a", "b"]


def test_files_are_pruned_by_day_received(lake: Lake) -> None:
    lake.append("events", events("a"), ("x", 1))
    lake.append("events", events("b", day=5), ("x", 2))
    files = lake.dataset(["events"], since=date(2024, 3, 6)).tables["events"]
    assert len(files) == 1
    assert "received_day=2024-03-06" in files[0]


def test_compaction_keeps_every_fact_and_the_transaction(lake: Lake) -> None:
    for n in range(1, 12):
        lake.append("events", events(f"m{n}"), ("inbox", n))
    report = lake.compact("events", keep_hours=0)
    assert report["merged"] == 11
    assert len(lake.dataset(["events"]).tables["events"]) == 1
    fresh = Lake(lake.root)
    assert len(ids(fresh)) == 11
    assert not fresh.append("events", events("m11"), ("inbox", 11))
    assert fresh.append("events", events("m12"), ("inbox", 12))


def log_files(lake: Lake) -> list[Path]:
    return [f for f in (lake.folder("events") / "_delta_log").iterdir() if f.name[:1].isdigit()]


def test_compaction_clears_the_log_of_what_its_checkpoint_holds(lake: Lake) -> None:
    reader = Lake(lake.root)
    for n in range(1, 40):
        lake.append("events", events(f"m{n:02}"), ("inbox", n))
    assert len(ids(reader)) == 39
    lake.compact("events", keep_hours=0)
    assert len(log_files(lake)) > 39  # others may be reading them
    old = time.time() - 60 * (KEEP_LOG_MINUTES + 1)
    for file in log_files(lake):
        os.utime(file, (old, old))
    lake.append("events", events("m40"), ("inbox", 40))
    lake.append("events", events("m41"), ("inbox", 41))
    lake.compact("events", keep_hours=0)
    assert len(log_files(lake)) < 10
    for each in (lake, reader, Lake(lake.root)):
        assert len(ids(each)) == 41
        assert each.transaction("events", "inbox") == 41


def test_unused_files_stay_for_readers_in_flight(lake: Lake) -> None:
    for n in range(1, 4):
        lake.append("events", events(f"m{n}"), ("inbox", n))
    old = lake.dataset(["events"]).tables["events"]
    lake.compact("events", keep_hours=2)
    assert all(Path(f).exists() for f in old)


def everything_under(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_erased_facts_leave_no_bytes_behind(lake: Lake) -> None:
    lake.append("events", events("a", "b"), ("x", 1))
    lake.append("events", events("c", person="charlie-secret"), ("x", 2))
    assert b"charlie-secret" in everything_under(Path(lake.root))
    assert lake.rewrite("events", "person_id = 'charlie-secret'") == 1
    assert b"charlie-secret" not in everything_under(Path(lake.root))
    assert ids(Lake(lake.root)) == ["a", "b"]
    assert lake.append("events", events("d"), ("x", 3))
    assert not lake.append("events", events("d"), ("x", 3))


def test_facts_can_be_made_anonymous_instead(lake: Lake) -> None:
    lake.append("events", events("a", person="charlie-secret"), ("x", 1))
    assert lake.rewrite("events", "person_id = 'charlie-secret'", {"person_id": "NULL"}) == 1
    assert b"charlie-secret" not in everything_under(Path(lake.root))
    assert ids(lake) == ["a"]


def test_other_engines_read_the_same_facts(lake: Lake) -> None:
    lake.append("events", events("a", "b"), ("x", 1))
    lake.append("events", events("c", day=2), ("x", 2))
    files = list(lake.dataset(["events"]).tables["events"])
    assert ids(lake) == ["a", "b", "c"]
    assert pl.read_parquet(files)["message_id"].sort().to_list() == ["a", "b", "c"]
    assert ds.dataset(files, format="parquet").count_rows() == 3
    days = duckdb.connect().execute(
        "SELECT DISTINCT received_day FROM read_parquet(?, hive_partitioning = true) ORDER BY 1",
        [files],
    )
    assert [row[0] for row in days.fetchall()] == [date(2024, 3, 1), date(2024, 3, 3)]


def test_a_column_that_does_not_exist_is_refused(lake: Lake) -> None:
    with pytest.raises(ValueError, match="colour"):
        lake.append("events", events("a").append_column("colour", pa.array(["red"])), ("x", 1))


def test_tables_of_other_rooms_take_the_schema_of_their_first_rows(lake: Lake) -> None:
    scores = pa.table({"account_id": ["acme"], "health": [71.0], "received_at": [START]})
    assert lake.append("scores", scores, ("scoring", 1))
    wider = scores.append_column("risk", pa.array([12.0]))
    assert lake.append("scores", wider, ("scoring", 2))
    assert lake.rows("scores") == 2
    assert lake.tables() == ["scores"]
