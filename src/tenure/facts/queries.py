"""Reading the facts of one account out of the lake, for pages.

Everything here reads the snapshot's Parquet files through DuckDB with bound parameters. A time line
is read backwards through ever larger spans of received days, so that its first screen does not read
years of files.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tenure.analytics.dataset import Dataset, received_day
from tenure.analytics.tables import TABLES, Table
from tenure.facts import lake

SPANS = (14, 60, 365, 3650, 36500)
"""Received days looked at in each step backwards, in days before the newest wanted fact."""


@dataclass(frozen=True)
class Entry:
    """One fact on a time line; ``kind`` is its table, ``row`` all of its columns."""

    at: datetime
    kind: str
    key: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """How a table's facts are shown on a time line."""

    table: str
    title: str


TIMELINE = (
    Kind("events", "Product use"),
    Kind("tickets", "Tickets"),
    Kind("responses", "Responses"),
    Kind("interactions", "Contacts"),
    Kind("subscriptions", "Subscriptions"),
    Kind("invoices", "Invoices"),
    Kind("payments", "Payments"),
    Kind("goals", "Goals"),
)


def rows_of(
    table: str,
    account_id: str,
    as_of: datetime,
    *,
    limit: int = 500,
    dataset: Dataset | None = None,
) -> list[dict[str, Any]]:
    """The account's things in ``table`` as they were known at ``as_of``, latest first.

    One row per thing (``Table.key``): the fact with the latest time. Columns that were learned
    later (such as a ticket's resolution) are None.
    """
    spec = TABLES[table]
    data = dataset or lake.current().dataset([table])
    if not data.has(table):
        return []
    known = ", ".join(_as_known(spec))
    keys = ", ".join(f'"{k}"' for k in spec.key) or '"message_id"'
    query = f"""
        SELECT {known} FROM facts
        WHERE account_id = $account AND "{spec.time}" < $t AND received_at < $t
        QUALIFY row_number() OVER (
            PARTITION BY {keys} ORDER BY "{spec.time}" DESC, received_at DESC, message_id DESC) = 1
        ORDER BY "{spec.time}" DESC, message_id DESC LIMIT {int(limit)}"""
    return _run(data.source(table), query, {"account": account_id, "t": as_of})


def timeline(
    account_id: str,
    before: datetime,
    kinds: Collection[str] = (),
    limit: int = 40,
    *,
    dataset: Dataset | None = None,
) -> list[Entry]:
    """The latest ``limit`` facts of the account that happened before ``before``, newest first.

    ``kinds`` are tables (all of ``TIMELINE`` when empty). Facts with the time of the last entry
    are all there, so that the next page may begin strictly before it.
    """
    wanted = [k.table for k in TIMELINE if not kinds or k.table in kinds]
    data = dataset or lake.current().dataset(wanted)
    merged: list[Entry] = []
    for table in wanted:
        merged += _latest(data, table, account_id, before, limit)
    merged.sort(key=lambda e: (e.at, e.kind, e.key), reverse=True)
    if len(merged) <= limit:
        return merged
    edge = merged[limit - 1].at
    return [entry for entry in merged if entry.at >= edge]


def _latest(
    data: Dataset, table: str, account_id: str, before: datetime, limit: int
) -> Iterator[Entry]:
    rows: list[dict[str, Any]] = []
    for files in _reaching_back(data, table, before.astimezone(UTC).date()):
        rows = _facts(table, files, account_id, before, limit)
        if len(rows) >= limit:
            break
    spec = TABLES[table]
    for row in rows:
        yield Entry(row[spec.time], table, row["message_id"] or "", row)


def _reaching_back(data: Dataset, table: str, newest: date) -> Iterator[Sequence[str] | pa.Table]:
    """The table's files, more of them each time.

    A fact is received on or after the day it happened, so files received before a day hold only
    facts from before it: with enough facts *since* that day, older files need not be read.
    """
    source = data.source(table)
    if isinstance(source, pa.Table):
        yield source
        return
    seen = 0
    for span in SPANS:
        since = newest - timedelta(days=span)
        files = [f for f in source if (received_day(f) or since) >= since]
        if len(files) > seen:
            seen = len(files)
            yield files
        if seen == len(source):
            return


def _facts(
    table: str, source: Sequence[str] | pa.Table, account_id: str, before: datetime, limit: int
) -> list[dict[str, Any]]:
    time = f'"{TABLES[table].time}"'
    query = f"""
        SELECT * FROM facts WHERE account_id = $account AND {time} < $t
        QUALIFY {time} >= coalesce(nth_value({time}, {int(limit)}) OVER (
            ORDER BY {time} DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), {time})
        ORDER BY {time} DESC"""
    return _run(source, query, {"account": account_id, "t": before})


def _as_known(spec: Table) -> Iterator[str]:
    for column in spec.all_columns():
        name = f'"{column.name}"'
        if column.known_at:
            yield f'CASE WHEN "{column.known_at}" < $t THEN {name} END AS {name}'
        else:
            yield name


def _run(
    source: Sequence[str] | pa.Table, query: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "512MB"}) as con:
        con.execute("SET TimeZone = 'UTC'")
        if isinstance(source, pa.Table):
            con.register("facts", source)
        else:
            files = ", ".join("'" + str(f).replace("'", "''") + "'" for f in source)
            con.execute(
                f"CREATE VIEW facts AS SELECT * FROM read_parquet([{files}], union_by_name = true, "
                "hive_partitioning = true, hive_types = {'received_day': DATE})"
            )
        return con.execute(query, parameters).to_arrow_table().to_pylist()


def properties(row: dict[str, Any]) -> dict[str, Any]:
    """The JSON properties of a fact; empty when there are none or they are no object."""
    try:
        found = json.loads(row.get("properties") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
