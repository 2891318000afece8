"""Rows into the shape of a lake table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

PARTITION = "received_day"


def conform(data: pa.Table, schema: pa.Schema) -> pa.Table:
    """``data`` with the columns of ``schema``, in its order; missing ones empty, day filled in.

    Raises ValueError when ``data`` has a column that ``schema`` lacks.
    """
    if unknown := set(data.column_names) - set(schema.names):
        raise ValueError(f"the table has no columns {sorted(unknown)}; put them into properties")
    if PARTITION not in data.column_names or data[PARTITION].null_count:
        data = with_day(data)
    columns = [
        data[f.name].cast(f.type) if f.name in data.column_names else pa.nulls(len(data), f.type)
        for f in schema
    ]
    return pa.table(columns, schema=schema)


def with_day(data: pa.Table) -> pa.Table:
    """``data`` with ``received_day``, the UTC date of ``received_at``."""
    if "received_at" not in data.column_names:
        raise ValueError("facts need received_at (or received_day): when Tenure learned of them")
    day = pc.cast(pc.cast(data["received_at"], pa.timestamp("us", tz="UTC")), pa.date32())
    if PARTITION in data.column_names:
        data = data.drop_columns([PARTITION])
    return data.append_column(PARTITION, day)


def with_schema_day(data: pa.Table) -> pa.Table:
    """For tables that declare no schema: only the partition is filled in."""
    return data if PARTITION in data.column_names else with_day(data)
