"""The facts an analysis reads: per table either Parquet files or an Arrow table.

>>> import pyarrow as pa
>>> rows = pa.table({"account_id": ["a"], "event": ["Signed In"], "timestamp": ["2024-03-01"]})
>>> Dataset.from_frames(events=rows).rows("events")
1
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import ARROW, TABLES, Column, Table

Source: TypeAlias = Sequence[str] | pa.Table
"""Parquet file paths (the lake's, with ``received_day=YYYY-MM-DD`` in the path), or the rows."""

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Facts of a catalogue without a date (plans, features, people) hold since ever."""

FALLBACK_TIME: dict[str, tuple[str, ...]] = {
    "accounts": ("created_at",),
    "people": ("created_at",),
    "subscriptions": ("started_at",),
}
_DAY = re.compile(r"received_day=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class Dataset:
    """Named tables of facts (see :mod:`tenure.analytics.tables`); a table left out has no facts."""

    tables: Mapping[str, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.tables:
            if name not in TABLES:
                known = ", ".join(TABLES)
                raise SpecError("dataset", name, "is not a table of facts", f"use one of {known}")

    def source(self, table: str) -> Source:
        """Files or rows of ``table``; an empty list when there is none."""
        return self.tables.get(table, [])

    def has(self, table: str) -> bool:
        """Whether the table has files or rows at all."""
        return len(self.source(table)) > 0

    def rows(self, table: str) -> int:
        """Number of facts in ``table``; for files read from their footers."""
        source = self.source(table)
        if isinstance(source, pa.Table):
            return int(source.num_rows)
        return sum(pq.read_metadata(path).num_rows for path in source)

    def pruned(self, table: str, since: date | None = None, until: date | None = None) -> Source:
        """The source without files received before ``since`` or after ``until`` (days, inclusive).

        A fact is never received before it happened, so a file received before a window's first
        day holds nothing of the window. Files without a day in their path are always kept.
        """
        source = self.source(table)
        if isinstance(source, pa.Table):
            return source
        return [path for path in source if _within(received_day(path), since, until)]

    @classmethod
    def from_frames(cls, **frames: Any) -> Dataset:
        """A dataset of pandas, Polars or Arrow frames (anything with ``__arrow_c_stream__``).

        Columns a table lacks are filled with NULL, types are cast, columns the table does not
        know are put into ``properties`` as JSON. Without ``received_at`` a fact counts as received
        when it happened and is marked as backfill; ``received_at`` is never before the time of the
        fact. Entity tables without a time hold from ``created_at``/``started_at``, else since ever.
        Raises SpecError when a required column is missing or a value cannot be read.
        """
        return cls({name: conform(name, frame) for name, frame in frames.items()})


def received_day(path: str) -> date | None:
    """The day in a partitioned path, or None.

    >>> received_day("lake/events/received_day=2024-03-01/part-0.parquet")
    datetime.date(2024, 3, 1)
    """
    found = _DAY.search(path)
    return date.fromisoformat(found.group(1)) if found else None


def conform(name: str, frame: Any) -> pa.Table:
    """``frame`` as rows of the table ``name``, in the lake's schema."""
    if name not in TABLES:
        known = ", ".join(TABLES)
        raise SpecError("frames", name, "is not a table of facts", f"use one of {known}")
    table, rows = TABLES[name], frame if isinstance(frame, pa.Table) else pa.table(frame)
    columns = {c.name: _column(table, c, rows) for c in table.all_columns()}
    _fold_extra(table, rows, columns)
    _fill_times(table, columns)
    _check_required(table, columns)
    _fill_ids(table, columns)
    return pa.table(columns, schema=table.arrow_schema())


def _within(day: date | None, since: date | None, until: date | None) -> bool:
    if day is None:
        return True
    return (since is None or day >= since) and (until is None or day <= until)


def _column(table: Table, column: Column, rows: pa.Table) -> pa.ChunkedArray | pa.Array:
    kind = ARROW[column.kind]
    if column.name not in rows.column_names:
        return pa.nulls(rows.num_rows, kind)
    values = rows.column(column.name)
    try:
        return _cast(values, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SpecError(
            "frames",
            f"{table.name}.{column.name}",
            f"cannot be read as {column.kind} ({error})",
            f"give it as {column.kind}",
        ) from error


def _cast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_timestamp(kind):
        return _moments(values)
    if pa.types.is_boolean(kind) and pa.types.is_floating(values.type):
        return pc.not_equal(values, 0)
    if pa.types.is_integer(kind) and pa.types.is_floating(values.type):
        return pc.if_else(pc.is_finite(values), values, None).cast(kind, safe=False)
    return values.cast(kind)


def _moments(values: pa.ChunkedArray) -> pa.ChunkedArray:
    utc = pa.timestamp("us", tz="UTC")
    if values.type in (pa.string(), pa.large_string(), pa.string_view()):
        values = _parsed(values.cast(pa.string()))
    if pa.types.is_timestamp(values.type) and values.type.tz is None:
        return values.cast(pa.timestamp("us"), safe=False).cast(utc)
    return values.cast(utc, safe=False)


def _parsed(values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return values.cast(pa.timestamp("us", tz="UTC"))


def _fold_extra(table: Table, rows: pa.Table, columns: dict[str, Any]) -> None:
    """Fields the table does not know become JSON in its ``extra`` column, unless that is given."""
    unknown = [c for c in rows.column_names if c not in columns]
    if not unknown or table.extra in rows.column_names:
        return
    folded = [
        json.dumps({k: v for k, v in row.items() if v is not None}, default=str)
        for row in rows.select(unknown).to_pylist()
    ]
    columns[table.extra] = pa.array(folded, pa.string())


def _fill_times(table: Table, columns: dict[str, Any]) -> None:
    for other in FALLBACK_TIME.get(table.name, ()):
        columns[table.time] = pc.coalesce(columns[table.time], columns[other])
    if not table.column(table.time).required:
        columns[table.time] = pc.coalesce(
            columns[table.time], pa.scalar(ALWAYS, ARROW["timestamp"])
        )
    late = pc.is_null(columns["received_at"])
    columns["backfill"] = pc.coalesce(columns["backfill"], late)
    time, told = columns[table.time], pc.coalesce(columns["received_at"], columns[table.time])
    received = pc.if_else(pc.less(told, time), time, told)
    columns["received_at"] = received
    columns["received_day"] = pc.cast(received, pa.date32(), safe=False)


def _check_required(table: Table, columns: dict[str, Any]) -> None:
    for column in table.all_columns():
        if column.required and column.name != "message_id" and columns[column.name].null_count:
            raise SpecError(
                "frames",
                f"{table.name}.{column.name}",
                "is missing or has empty values",
                "give it in every row",
            )


def _fill_ids(table: Table, columns: dict[str, Any]) -> None:
    ids = columns["message_id"]
    if not ids.null_count:
        return
    made = [f"{table.name}-{n}" for n in range(len(ids))]
    columns["message_id"] = pc.coalesce(ids, pa.array(made, pa.string()))
