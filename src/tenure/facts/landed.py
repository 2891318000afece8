"""What of a batch is in the lake: asked by whoever takes up the work of a worker that died."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from tenure.analytics.tables import TABLES
from tenure.facts.lake import Lake, conform, day_of

MARKS = ("", "#member", "#account")
"""What facts that follow from a call have after its message id; see ``facts.entities``."""
_MOMENT = pa.timestamp("us", tz="UTC")


def of(lake: Lake, ids: Sequence[str], received: np.ndarray[Any, Any]) -> dict[str, pa.Table]:
    """The facts, by table, that came of calls with these ids, received at these moments
    (microseconds). A fact of the same id that was received at another moment is not of them."""
    if not len(ids):
        return {}
    moments = pa.array(received, pa.int64()).cast(_MOMENT)
    calls = pa.concat_tables(
        [
            pa.table({"message_id": pa.array([i + mark for i in ids]), "received_at": moments})
            for mark in MARKS
        ]
    )
    first = day_of(min(moments.to_pylist())) - timedelta(days=1)
    found = {table: _rows(lake, table, calls, first) for table in ("people", "accounts", "events")}
    return {table: rows for table, rows in found.items() if len(rows)}


def _rows(lake: Lake, table: str, calls: pa.Table, since: Any) -> pa.Table:
    schema = TABLES[table].arrow_schema()
    paths = lake.files(table, since)["path"].to_pylist()
    if not paths:
        return schema.empty_table()
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("calls", calls)
        names = ", ".join(f'"{name}"' for name in schema.names)
        rows = db.sql(
            f"SELECT {names} FROM read_parquet(?, hive_partitioning = true, union_by_name = true) "
            "SEMI JOIN calls USING (message_id, received_at)",
            params=[paths],
        ).to_arrow_table()
    return conform(rows, schema)
