"""Engines: limits are kept, threads do not disturb each other, files of different ages fit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from analytics.signals.company import NOW, make

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, to_spark
from tenure.analytics.signals.compute import compute_signals, signals_sql
from tenure.analytics.signals.registry import default_registry

REGISTRY = default_registry()


def test_several_threads_share_an_engine() -> None:
    engine, companies = DuckDBEngine(), [make(seed).dataset() for seed in range(4)]

    def logins(facts: Dataset) -> pa.Table:
        return compute_signals(facts, REGISTRY, NOW, engine=engine, names=["logins_28d", "seats"])

    alone = [logins(c) for c in companies]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(logins, companies * 2)) == alone * 2


def test_memory_threads_and_temporary_folder_are_set(tmp_path: Path) -> None:
    engine = DuckDBEngine(memory_limit="200MB", threads=1, temp_dir=tmp_path)
    wanted = "current_setting('threads') AS threads, current_setting('temp_directory') AS temp"
    row = engine.query(f"SELECT {wanted}", Dataset()).to_pylist()[0]
    assert row == {"threads": 1, "temp": str(tmp_path)}


def test_files_that_lack_newer_columns_are_read(tmp_path: Path) -> None:
    """A column added to a table of facts is empty in the files written before."""
    at = pa.array([datetime(2024, 5, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
    old = pa.table({"account_id": ["a"], "event": ["Signed In"], "timestamp": at,
                    "received_at": at, "message_id": ["1"]})  # fmt: skip
    new = old.append_column("session_id", pa.array(["s1"]))
    for number, rows in enumerate((old, new, old)):
        pq.write_table(rows, tmp_path / f"{number}.parquet")
    files = sorted(str(p) for p in tmp_path.glob("*.parquet"))
    found = compute_signals(
        Dataset({"events": files}), REGISTRY, NOW, names=["logins_28d", "sessions_28d"]
    )
    assert found.to_pylist() == [
        {"account_id": "a", "active": True, "logins_28d": 3.0, "sessions_28d": 1.0}
    ]


def test_a_path_with_a_quote_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "Bob's lake"
    folder.mkdir()
    pq.write_table(make(1).dataset().source("events"), folder / "e.parquet")
    facts = Dataset({"events": [str(folder / "e.parquet")]})
    assert compute_signals(facts, REGISTRY, NOW, names=["events_28d"]).num_rows > 0


def test_the_time_zone_of_the_process_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = make(2).dataset()
    here = compute_signals(facts, REGISTRY, NOW)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    there = compute_signals(facts, REGISTRY, NOW, engine=DuckDBEngine())
    assert there.column_names == here.column_names
    for name in here.column_names:
        # Threads add up averages in any order: the last bit of a float is not the zone's doing.
        for one, other in zip(there[name].to_pylist(), here[name].to_pylist(), strict=True):
            close = pytest.approx(other, rel=1e-12) if isinstance(other, float) else other
            assert one == close, name


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        compute_signals(Dataset(), REGISTRY, datetime(2024, 1, 1))


def test_an_empty_workspace_has_no_accounts() -> None:
    assert compute_signals(Dataset(), REGISTRY, NOW).num_rows == 0


def test_all_signals_are_one_query_that_spark_understands() -> None:
    sql = signals_sql(make(1).dataset(), REGISTRY, NOW)
    assert sql.startswith("WITH ")
    assert "GET_JSON_OBJECT" not in sql
    assert "EPOCH_US" not in to_spark(sql)


@pytest.mark.parametrize("name", ["group", "order", "select", "all", "end"])
def test_signals_may_be_called_like_words_of_sql(name: str) -> None:
    from tenure.analytics.signals.registry import load_registry

    text = f"""
    [signals.{name}]
    kind = "count"
    events = "@any"
    window = "30d"
    title = "t"
    [signals.half]
    kind = "ratio"
    numerator = "{name}"
    divide = 2
    title = "t"
    """
    row = compute_signals(make(1).dataset(), load_registry(("own", text)), NOW).to_pylist()[0]
    assert row["half"] == row[name] / 2 > 0
