"""Writes rows as a lake's files: Parquet, partitioned by day of arrival."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tenure.analytics.dataset import Dataset
from tenure.analytics.tables import TABLES


def write_events(rows: list[dict[str, Any]], root: Path, name: str = "part-0") -> None:
    """Each row into the partition of its ``received_day``."""
    schema = TABLES["events"].arrow_schema()
    for day in sorted({r["received_day"] for r in rows}):
        folder = root / "events" / f"received_day={day.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        part = pa.Table.from_pylist([r for r in rows if r["received_day"] == day], schema=schema)
        pq.write_table(part.drop_columns(["received_day"]), folder / f"{name}.parquet")


def with_event_files(dataset: Dataset, root: Path) -> Dataset:
    """The dataset with its events read from the files under ``root``."""
    files = sorted(str(f) for f in root.glob("events/*/*.parquet"))
    return Dataset(dict(dataset.tables) | {"events": files})
