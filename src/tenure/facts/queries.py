"""Reading the facts of one account out of the lake, for pages.

Everything here reads the snapshot's Parquet files through DuckDB with bound parameters. A time line
is read backwards through ever larger spans of received days, so that its first screen does not read
years of files.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from tenure.analytics.dataset import Dataset, received_day
from tenure.analytics.tables import TABLES, Column, Kind, Table
from tenure.facts import lake, reading

STAMP = pa.timestamp("us", tz="UTC")
SPANS = (14, 60, 365, 3650, 36500)
"""Received days looked at in each step backwards, in days before the newest wanted fact."""
DUCKDB: dict[Kind, str] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
    "json": "VARCHAR",
}


@dataclass(frozen=True)
class Entry:
    """One fact on a time line; ``kind`` is its table, ``row`` all of its columns."""

    at: datetime
    kind: str
    key: str
    row: dict[str, Any]


@dataclass(frozen=True)
class TimelineFacts:
    """How a table's facts are shown on a time line; ``unasked``: not only to who asks for them."""

    table: str
    title: str
    unasked: bool = True


TIMELINE = (
    TimelineFacts("events", "Product use"),
    TimelineFacts("tickets", "Tickets"),
    TimelineFacts("responses", "Responses"),
    TimelineFacts("interactions", "Contacts"),
    TimelineFacts("subscriptions", "Subscriptions"),
    TimelineFacts("invoices", "Invoices"),
    TimelineFacts("payments", "Payments"),
    TimelineFacts("cards", "Cards"),
    TimelineFacts("goals", "Goals"),
    # Each sign-in may repeat what is known of a person: these would bury all else.
    TimelineFacts("people", "Contact details", unasked=False),
    TimelineFacts("accounts", "Account details", unasked=False),
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
    columns = ", ".join(column_as_known(c, "$t") for c in _columns(spec))
    keys = ", ".join(f'"{k}"' for k in spec.key) or '"message_id"'
    query = f"""
        SELECT {columns} FROM facts WHERE account_id = $account AND {was_known(spec, "$t")}
        QUALIFY row_number() OVER (
            PARTITION BY {keys} ORDER BY "{spec.time}" DESC, received_at DESC, message_id DESC) = 1
        ORDER BY "{spec.time}" DESC, message_id DESC LIMIT {int(limit)}"""
    return _run(table, data.source(table), query, {"account": account_id, "t": as_of})


def rows_now(
    table: str, account_id: str, now: datetime, *, limit: int = 500
) -> list[dict[str, Any]]:
    """The account's things in ``table`` as the latest facts tell, latest first, with the derived
    columns of ``analytics.asof`` at ``now``."""
    time = TABLES[table].time
    query = (
        f"SELECT * FROM {table} WHERE account_id = {reading.text(account_id)}"
        f" ORDER BY {time} DESC, message_id DESC LIMIT {int(limit)}"
    )
    return reading.dated(reading.latest(query, now, table, about=[account_id]))


def rows_of_many(
    table: str, pairs: Sequence[tuple[str, datetime]]
) -> dict[tuple[str, datetime], list[dict[str, Any]]]:
    """What ``rows_of`` gives for each account and moment (own columns only), in one query."""
    spec, here = TABLES[table], lake.current()
    if not pairs or not here.exists(table):
        return {}
    accounts, moments = zip(*pairs, strict=True)
    asked = pa.table({"account": pa.array(accounts, pa.string()), "at": pa.array(moments, STAMP)})
    columns = ", ".join(column_as_known(c, "p.at", "f.") for c in spec.columns)
    keys = ", ".join(f'f."{key}"' for key in spec.key)
    order = f'f."{spec.time}" DESC, f.received_at DESC, f.message_id DESC'
    query = f"""
        SELECT p.account AS of_account, p.at AS of_at, {columns}
        FROM facts f JOIN asked p ON f.account_id = p.account
        WHERE {was_known(spec, "p.at", "f.")}
        QUALIFY row_number() OVER (PARTITION BY p.account, p.at, {keys} ORDER BY {order}) = 1
        ORDER BY f."{spec.time}" DESC, f.message_id DESC"""
    told: dict[tuple[str, datetime], list[dict[str, Any]]] = defaultdict(list)
    for row in _run(table, here.dataset([table]).source(table), query, {}, asked):
        told[row.pop("of_account"), row.pop("of_at")].append(row)
    return told


def column_as_known(column: Column, t: str, of: str = "") -> str:
    """A column as it was known before the SQL moment ``t``; ``of`` begins the names of columns."""
    name = f'"{column.name}"'
    if column.known_at is None:
        return f"{of}{name}"
    return f'CASE WHEN {of}"{column.known_at}" < {t} THEN {of}{name} END AS {name}'


def was_known(spec: Table, t: str, of: str = "") -> str:
    """The condition that a fact had happened and was known before the SQL moment ``t``."""
    return f'{of}"{spec.time}" < {t} AND {of}received_at < {t}'


def timeline(
    account_id: str,
    before: datetime,
    kinds: Collection[str] = (),
    limit: int = 40,
    *,
    dataset: Dataset | None = None,
) -> list[Entry]:
    """The latest ``limit`` facts of the account that happened before ``before``, newest first.

    ``kinds`` are tables of ``TIMELINE`` (when empty: those shown unasked). Facts with the time of
    the last entry are all there, so that the next page may begin strictly before it.
    """
    wanted = [k.table for k in TIMELINE if (k.table in kinds if kinds else k.unasked)]
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
    time = TABLES[table].time
    for since, files in _reaching_back(data, table, before.astimezone(UTC).date()):
        rows = _facts(table, files, account_id, before, limit)
        if sum(1 for row in rows if row[time].date() >= since) >= limit:
            break
    for row in rows:
        yield Entry(row[time], table, row["message_id"] or "", row)


def _reaching_back(
    data: Dataset, table: str, newest: date
) -> Iterator[tuple[date, Sequence[str] | pa.Table]]:
    """The table's files, more of them each time, with the day since which they are complete.

    A fact is received on or after the day it happened, so files received before a day hold only
    facts from before it: with enough facts *since* that day, older files need not be read.
    """
    source = data.source(table)
    if isinstance(source, pa.Table):
        yield date.min, source
        return
    seen = 0
    for span in SPANS:
        since = newest - timedelta(days=span)
        files = [f for f in source if (received_day(f) or since) >= since]
        if len(files) > seen:
            seen = len(files)
            yield since, files
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
    return _run(table, source, query, {"account": account_id, "t": before})


def _columns(spec: Table) -> list[Column]:
    """All but the partition, which is in the paths of some tables only and says nothing new."""
    return [c for c in spec.all_columns() if c.name != lake.PARTITION]


def _run(
    table: str,
    source: Sequence[str] | pa.Table,
    query: str,
    parameters: dict[str, Any],
    asked: pa.Table | None = None,
) -> list[dict[str, Any]]:
    with duckdb.connect(config={"threads": 2, "memory_limit": "512MB"}) as con:
        con.execute("SET TimeZone = 'UTC'")
        _provide(con, TABLES[table], source)
        if asked is not None:
            con.register("asked", asked)
        return list(con.sql(query, params=parameters).to_arrow_table().to_pylist())


def _provide(con: Any, spec: Table, source: Sequence[str] | pa.Table) -> None:
    """The view ``facts``; columns that no file has yet are empty."""
    if isinstance(source, pa.Table):
        con.register("facts", source)
        return
    files = ", ".join("'" + str(f).replace("'", "''") + "'" for f in source)
    origin = f"read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
    found = con.sql(f"DESCRIBE SELECT * FROM {origin}").to_arrow_table()
    present = set(found["column_name"].to_pylist())
    columns = (
        f'"{c.name}"' if c.name in present else f'NULL::{DUCKDB[c.kind]} AS "{c.name}"'
        for c in _columns(spec)
    )
    con.execute(f"CREATE VIEW facts AS SELECT {', '.join(columns)} FROM {origin}")


def properties(row: dict[str, Any]) -> dict[str, Any]:
    """The JSON properties of a fact; empty when there are none or they are no object."""
    try:
        found = json.loads(row.get("properties") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
