"""Tables out: CSV, Parquet or JSON Lines, streamed, the file whole or not there at all.

Of each thing the latest fact (with ``history`` all of them), optionally as of a past moment. Text
in CSV that a spreadsheet would take for a formula gets an apostrophe in front; ``tenure import``
takes it off again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.facts import lake, queries, sql
from tenure.facts.casts import literal, quote

FORMATS = ("csv", "parquet", "json")
_FORMULA = "'^[=+\\-@\\t\\r]'"
_NUMBER = "'^[+-]?[0-9][0-9.,eE+-]*$'"


@dataclass(frozen=True)
class Layout:
    """One thing that can be exported: its lake table, columns in order, key, and order of facts."""

    lake: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    latest: tuple[str, ...]
    time: str


_SCORES = Layout(
    "scores",
    ("account_id", "as_of", "model", "health", "band", "risk", "risk_level", "coverage"),
    ("account_id", "as_of", "model"),
    ("run_id",),
    "as_of",
)
_SIGNALS = Layout(
    "signal_values",
    ("account_id", "as_of", "model", "signal", "value", "text"),
    ("account_id", "as_of", "model", "signal"),
    ("run_id",),
    "as_of",
)
_SQL = {
    "text": "VARCHAR",
    "json": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
}
RESULTS = {"scores": _SCORES, "signals": _SIGNALS}
_PROVENANCE = ("message_id", "received_at", "backfill", "source")
_EVENTS_FIRST = ("account_id", "person_id", "event", "timestamp", "message_id")


def names() -> list[str]:
    """Everything that can be exported."""
    return [*TABLES, *RESULTS]


def layout(name: str) -> Layout:
    """The layout of ``name``; SpecError if there is no such table."""
    if name in RESULTS:
        return RESULTS[name]
    if name not in TABLES:
        raise SpecError("TABLE", name, "is no table", f"use one of {', '.join(names())}")
    table = TABLES[name]
    own = [c.name for c in table.columns]
    if name == "events":
        own = [*_EVENTS_FIRST, *(c for c in own if c not in _EVENTS_FIRST)]
    return Layout(
        name, tuple(own), table.key, (table.time, "received_at", "message_id"), table.time
    )


def select(name: str, *, history: bool = False, as_of: datetime | None = None) -> str:
    """The query that gives the rows, in order of time."""
    what = layout(name)
    here = lake.current()
    paths = here.files(what.lake)["path"].to_pylist()
    columns = list(what.columns)
    if history and name in TABLES:
        columns += [
            c for c in ("message_id", "received_at", "backfill", "source") if c not in columns
        ]
    listed = ", ".join(_as_known(name, c, as_of) for c in columns)
    if not paths:
        return f"SELECT {_empty_columns(name, columns)} WHERE false"
    files = ", ".join(literal(p) for p in paths)
    source = f"read_parquet([{files}], hive_partitioning=true, union_by_name=true)"
    where = _known(name, what, as_of)
    keep = "" if history or not what.key else _latest(name, what, as_of)
    order = ", ".join(quote(c) for c in (what.time, *what.key[:1]))
    return f"SELECT {listed} FROM {source} WHERE {where}{keep} ORDER BY {order}"


def _empty_columns(name: str, columns: list[str]) -> str:
    kinds = {c.name: _SQL[c.kind] for c in TABLES[name].all_columns()} if name in TABLES else {}
    return ", ".join(f"CAST(NULL AS {kinds.get(c, 'VARCHAR')}) AS {quote(c)}" for c in columns)


def _known(name: str, what: Layout, as_of: datetime | None) -> str:
    if as_of is None:
        return "true"
    moment = f"TIMESTAMPTZ '{as_of.astimezone(UTC).isoformat()}'"
    if name in RESULTS:
        return f"{what.time} <= {moment}"
    return queries.was_known(TABLES[name], moment)


def _as_known(name: str, column: str, as_of: datetime | None) -> str:
    """What was told of a moment to come, or learned later, was not known yet."""
    if as_of is None or name in RESULTS:
        return quote(column)
    moment = f"TIMESTAMPTZ '{as_of.astimezone(UTC).isoformat()}'"
    return queries.column_as_known(TABLES[name].column(column), moment)


def _latest(name: str, what: Layout, as_of: datetime | None) -> str:
    """The last fact of each thing; of scores as of a moment, those of the last scoring by then."""
    key = [k for k in what.key if not (name in RESULTS and as_of is not None and k == "as_of")]
    latest = [*what.latest] if len(key) == len(what.key) else [what.time, *what.latest]
    by = ", ".join(quote(k) for k in key)
    order = ", ".join(f"{quote(c)} DESC" for c in latest)
    return f" QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY {order}) = 1"


def export(
    name: str,
    format: str,
    out: Path | BinaryIO,
    *,
    history: bool = False,
    as_of: datetime | None = None,
) -> int:
    """Writes a table to ``out`` (a path, or an open binary file) and gives the number of rows."""
    if format not in FORMATS:
        raise SpecError("--format", format, "is no format", f"use one of {', '.join(FORMATS)}")
    query = select(name, history=history, as_of=as_of)
    writer = {"csv": _csv, "parquet": _parquet, "json": _json}[format]
    if not isinstance(out, Path):
        return writer(query, out)
    with _whole(out) as file:
        return writer(query, file)


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name once it is complete."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _reader(query: str) -> pa.RecordBatchReader:
    return sql.connection().cursor().sql(query).to_arrow_reader(100_000)


def _schema(query: str) -> pa.Schema:
    return sql.connection().sql(f"SELECT * FROM ({query}) LIMIT 0").to_arrow_table().schema


def _iso(column: str) -> str:
    whole = f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S')"
    part = f"strftime({column} AT TIME ZONE 'UTC', '.%f')"
    return f"{whole} || CASE WHEN epoch_us({column}) % 1000000 = 0 THEN '' ELSE {part} END || 'Z'"


def _safe(column: str) -> str:
    risky = f"regexp_matches({column}, {_FORMULA}) AND NOT regexp_matches({column}, {_NUMBER})"
    return f"CASE WHEN {risky} THEN '''' || {column} ELSE {column} END"


def _as_text(field: pa.Field, safe: bool) -> str:
    column = quote(field.name)
    if pa.types.is_timestamp(field.type):
        return f"{_iso(column)} AS {column}"
    if safe and pa.types.is_string(field.type):
        return f"{_safe(column)} AS {column}"
    return column


def _csv(query: str, out: BinaryIO) -> int:
    parts = ", ".join(_as_text(f, safe=True) for f in _schema(query))
    reader = _reader(f"SELECT {parts} FROM ({query})")
    rows = 0
    options = pcsv.WriteOptions(quoting_style="needed")
    with pcsv.CSVWriter(out, reader.schema, write_options=options) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _parquet(query: str, out: BinaryIO) -> int:
    reader = _reader(query)
    rows = 0
    with pq.ParquetWriter(out, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _json(query: str, out: BinaryIO) -> int:
    fields = []
    for field in _schema(query):
        value = _as_text(field, safe=False).rpartition(" AS ")[0] or quote(field.name)
        if field.name == "properties":
            value = f"CASE WHEN json_valid({value}) THEN CAST({value} AS JSON) END"
        fields.append(f"{quote(field.name)} := {value}")
    line = f"CAST(to_json(struct_pack({', '.join(fields)})) AS VARCHAR)"
    rows = 0
    for batch in _reader(f"SELECT {line} AS line FROM ({query})"):
        lines = batch.column(0).to_pylist()
        out.write(("\n".join(lines) + "\n").encode())
        rows += len(lines)
    return rows


def unescaped(text: str) -> str:
    """Takes the apostrophe off that ``export`` put in front of a formula.

    >>> unescaped("'=1+1"), unescaped("'quoted'")
    ('=1+1', "'quoted'")
    """
    return re.sub(r"^'(?=[=+\-@\t\r])", "", text)
