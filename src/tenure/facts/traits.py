"""Traits of people and accounts, as identify and group calls bring them, as facts of their own.

A call usually names some traits only. The fact that is written holds what was known before as well,
so that the latest fact about a person or an account is a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from tenure.analytics.tables import TABLES, Table
from tenure.facts import home_zones, times
from tenure.facts.lake import Lake, with_day

Row = dict[str, Any]
_KNOWN_AS = {
    "people": {
        "email": "email",
        "name": "name",
        "title": "title",
        "role": "role",
        "timezone": "timezone",
        "createdAt": "created_at",
        "created_at": "created_at",
    },
    "accounts": {
        "name": "name",
        "domain": "domain",
        "website": "domain",
        "industry": "industry",
        "country": "country",
        "employees": "employees",
        "createdAt": "created_at",
        "created_at": "created_at",
        "channel": "channel",
        "owner": "owner",
        "parent_id": "parent_id",
        "parentId": "parent_id",
    },
}
_FULL_NAME = ("firstName", "lastName"), ("first_name", "last_name")


def read(raw: Any) -> dict[str, Any]:
    """Traits from their JSON; nothing if they are no object."""
    found = msgspec.json.decode(raw) if raw else None
    return found if isinstance(found, dict) else {}


def columns_of(table: str, traits: Mapping[str, Any]) -> tuple[Row, dict[str, Any]]:
    """Traits split into the table's columns and the rest.

    >>> columns_of("people", {"firstName": "Alice", "lastName": "Ng", "plan": "pro"})
    ({'name': 'Alice Ng'}, {'plan': 'pro'})
    """
    rest = dict(traits)
    row: Row = {}
    for first, last in _FULL_NAME if table == "people" and not rest.get("name") else ():
        parts = [str(rest.pop(p)) for p in (first, last) if isinstance(rest.get(p), str)]
        if parts:
            row["name"] = " ".join(parts)
    for trait, column in _KNOWN_AS[table].items():
        if trait in rest and (value := _typed(table, column, rest[trait])) is not None:
            row.setdefault(column, value)
            del rest[trait]
    return row, rest


def _typed(table: str, column: str, value: Any) -> Any:
    kind = TABLES[table].column(column).kind
    if column == "timezone":
        return home_zones.named(str(value)) if isinstance(value, str | int | float) else None
    if kind == "text":
        return value.replace("\0", "")[:255] if isinstance(value, str) and value else None
    if kind == "timestamp":
        found = times.one(value) if isinstance(value, str | int | float) else times.NEVER
        return None if found == times.NEVER else found
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return int(value)
    except (ValueError, OverflowError):
        return None


class Latest:
    """The latest fact of each person or account, from the lake, remembered between batches."""

    def __init__(self, lake: Lake, table: Table) -> None:
        self._lake, self._table = lake, table
        self._rows: dict[tuple[Any, ...], Row] = {}
        self._newest: dict[str, Row] = {}
        self._asked: set[str] = set()
        self._version = -1

    def forget(self) -> None:
        """Read everything anew."""
        self._rows, self._newest, self._asked, self._version = {}, {}, set(), -1

    def load(self, ids: Iterable[str]) -> None:
        """Have the latest facts about these people (or accounts)."""
        version = self._lake.version(self._table.name)
        if version != self._version:
            self.forget()
            self._version = version
        wanted = set(ids) - self._asked
        self._asked |= wanted
        if wanted and version >= 0:
            for row in self._query(sorted(wanted)):
                self.remember(row)

    def _query(self, ids: list[str]) -> list[Row]:
        key, time = ", ".join(self._table.key), self._table.time
        with duckdb.connect(config={"threads": 2}) as db:
            db.execute("SET TimeZone = 'UTC'")
            db.register("wanted", pa.table({"id": pa.array(ids, pa.string())}))
            found = db.sql(
                f"SELECT * FROM read_parquet(?, hive_partitioning = true, union_by_name = true) "
                f"WHERE {self._table.key[0]} IN (SELECT id FROM wanted) "
                f"QUALIFY row_number() OVER (PARTITION BY {key} "
                f"ORDER BY {time} DESC, received_at DESC) = 1",
                params=[self._lake.files(self._table.name)["path"].to_pylist()],
            ).to_arrow_table()
        return _with_micros(found).to_pylist()

    def get(self, key: tuple[Any, ...]) -> Row | None:
        """The latest fact of ``key``, if any."""
        return self._rows.get(key)

    def newest(self, one: str) -> Row | None:
        """The latest fact about this person, whatever the account."""
        return self._newest.get(one)

    def remember(self, row: Row) -> None:
        """This fact is in the lake, or about to be appended by the caller."""
        self._keep(self._rows, tuple(row[c] for c in self._table.key), row)
        self._keep(self._newest, row[self._table.key[0]], row)

    def _keep(self, rows: dict[Any, Row], key: Any, row: Row) -> None:
        known = rows.get(key)
        if known is None or (known[self._table.time] or 0) <= (row[self._table.time] or 0):
            rows[key] = row

    def wrote(self) -> None:
        """What was remembered is in the lake now."""
        self._version = self._lake.version(self._table.name)


def _with_micros(table: pa.Table) -> pa.Table:
    for i, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            micros = table.column(i).cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
            table = table.set_column(i, column.name, micros)
    return table


def merged(table: Table, known: Row | None, fresh: Row, traits: Mapping[str, Any]) -> Row | None:
    """The whole fact after ``fresh`` columns and ``traits``; None if it would say nothing new.

    A fact that is older than what is known stands for itself.
    """
    when = fresh[table.time]
    if known is not None and (known[table.time] or 0) > when:
        known = None
    elif known is not None and _says_nothing_new(known, fresh, traits, table):
        return None
    old = read(known["properties"].encode()) if known and known.get("properties") else {}
    skip = {"received_day"}
    row = (
        {c.name: known.get(c.name) for c in table.all_columns() if c.name not in skip}
        if known
        else {}
    )
    row.update(fresh)
    row["properties"] = msgspec.json.encode({**old, **traits}).decode()
    return row


def _says_nothing_new(known: Row, fresh: Row, traits: Mapping[str, Any], table: Table) -> bool:
    about = {table.time, "message_id", "received_at", "backfill", "source"}
    if any(known.get(name) != value for name, value in fresh.items() if name not in about):
        return False
    old = read((known.get("properties") or "{}").encode())
    return all(name in old and old[name] == value for name, value in traits.items())


def to_arrow(table: Table, rows: list[Row]) -> pa.Table:
    """Rows (times in microseconds) as facts of ``table``."""
    fields = [f for f in table.arrow_schema() if f.name != "received_day"]
    arrays = []
    for f in fields:
        values = [row.get(f.name) for row in rows]
        raw = pa.int64() if pa.types.is_timestamp(f.type) else f.type
        arrays.append(pa.array(values, raw).cast(f.type))
    return with_day(pa.table(arrays, schema=pa.schema(fields)))
