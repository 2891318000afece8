"""Frames of any kind become tables of facts; what cannot be read is told."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tenure.analytics.dataset import Dataset, received_day
from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES

DAY = datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
ROW = {"account_id": ["a"], "event": ["Signed In"], "timestamp": [DAY]}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_pandas_polars_and_arrow_give_the_same_rows(frame: object) -> None:
    events = Dataset.from_frames(events=frame(ROW)).source("events")  # type: ignore[operator]
    assert events.schema == TABLES["events"].arrow_schema()
    assert events["timestamp"].to_pylist() == [DAY]


@pytest.mark.parametrize("text", ["2024-03-01T08:30:00Z", "2024-03-01 08:30:00",
                                  "2024-03-01T09:30:00+01:00"])  # fmt: skip
def test_texts_are_read_as_moments_in_utc(text: str) -> None:
    events = Dataset.from_frames(events=pd.DataFrame(ROW | {"timestamp": [text]})).source("events")
    assert events["timestamp"].to_pylist() == [DAY]


def test_history_counts_as_received_when_it_happened() -> None:
    row = Dataset.from_frames(events=pd.DataFrame(ROW)).source("events").to_pylist()[0]
    assert (row["received_at"], row["backfill"]) == (DAY, True)
    assert row["received_day"] == date(2024, 3, 1)


def test_a_fact_is_never_received_before_it_happened() -> None:
    early = pd.DataFrame(ROW | {"received_at": [datetime(2024, 1, 1, tzinfo=UTC)]})
    late = pd.DataFrame(ROW | {"received_at": [datetime(2024, 4, 1, tzinfo=UTC)]})
    rows = [Dataset.from_frames(events=f).source("events").to_pylist()[0] for f in (early, late)]
    assert [r["received_at"] for r in rows] == [DAY, datetime(2024, 4, 1, tzinfo=UTC)]
    assert [r["backfill"] for r in rows] == [False, False]


def test_unknown_fields_become_properties() -> None:
    frame = pd.DataFrame(ROW | {"seats": [5], "plan": ["pro"]})
    row = Dataset.from_frames(events=frame).source("events").to_pylist()[0]
    assert json.loads(row["properties"]) == {"seats": 5, "plan": "pro"}


def test_entities_hold_from_their_beginning_and_catalogues_since_ever() -> None:
    facts = Dataset.from_frames(
        subscriptions=pd.DataFrame(
            {"subscription_id": ["s"], "account_id": ["a"], "started_at": [DAY], "quantity": [2.0]}
        ),
        plans=pd.DataFrame({"plan_id": ["p"]}),
    )
    assert facts.source("subscriptions")["updated_at"].to_pylist() == [DAY]
    assert facts.source("subscriptions")["quantity"].to_pylist() == [2]
    assert facts.source("plans")["updated_at"].to_pylist() == [datetime(1970, 1, 1, tzinfo=UTC)]


def test_missing_whole_numbers_of_pandas_stay_missing() -> None:
    frame = pd.DataFrame({"account_id": ["a", "b"], "employees": [10, None]})
    assert Dataset.from_frames(accounts=frame).source("accounts")["employees"].to_pylist() == [
        10,
        None,
    ]


@pytest.mark.parametrize(
    ("frames", "key"),
    [
        ({"event": ROW}, "event"),
        ({"events": {"account_id": ["a"], "event": ["x"]}}, "events.timestamp"),
        ({"events": ROW | {"timestamp": ["soon"]}}, "events.timestamp"),
        ({"subscriptions": {"subscription_id": ["s"], "account_id": ["a"],
                            "started_at": [DAY], "quantity": ["many"]}}, "subscriptions.quantity"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(frames: dict[str, dict[str, list[object]]], key: str) -> None:
    with pytest.raises(SpecError) as told:
        Dataset.from_frames(**{n: pd.DataFrame(f) for n, f in frames.items()})
    assert told.value.key == key


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(SpecError, match="is not a table of facts"):
        Dataset({"evnts": []})


def test_files_outside_the_days_are_left_out() -> None:
    days = ["2024-01-01", "2024-01-02", "2024-01-03"]
    files = [f"lake/events/received_day={d}/x.parquet" for d in days] + ["history.parquet"]
    facts = Dataset({"events": files})
    assert facts.pruned("events", date(2024, 1, 2), date(2024, 1, 2)) == [files[1], files[3]]
    assert received_day(files[3]) is None


def test_rows_are_counted_in_files(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"account_id": ["a", "b"]}), tmp_path / "x.parquet")
    facts = Dataset({"accounts": [str(tmp_path / "x.parquet")]})
    assert (facts.rows("accounts"), facts.rows("events")) == (2, 0)
    assert facts.has("accounts")
    assert not facts.has("events")
