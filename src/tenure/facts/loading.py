"""Which of some validated facts the lake does not have yet.

* A fact with an id of its own is known if the lake has that id.
* A fact of a table without a key (events) is known by its content.
* A row about a thing (``Table.key``) without an id is known if it says what the lake's latest fact
  about that thing at that time says. If it says something else, we learned of a change just now:
  it lands as received now, so that nobody looking back sees it earlier. Of several rows about one
  thing at one time, the last holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import TABLES, Table
from tenure.facts import list_prices, sql
from tenure.facts.casts import quote
from tenure.facts.lake import Lake
from tenure.facts.validate import numbered


@dataclass(frozen=True)
class Fresh:
    """The facts to append, in the lake's schema, and how many of those given were known."""

    facts: pa.Table
    known: int


def fresh(
    lake: Lake, table_name: str, facts: pa.Table, *, now: datetime, since: date | None = None
) -> Fresh:
    """Of ``facts`` (as ``validate.check`` gives them) those that are new.

    ``since`` is the earliest day on which a fact with the same id may have been received, if that
    is before the earliest in ``facts``.
    """
    table, names = TABLES[table_name], TABLES[table_name].arrow_schema().names
    if not facts.num_rows:
        return Fresh(facts.select(names), 0)
    facts = list_prices.filled(lake, table_name, facts)
    if not table.key:
        new = _by_id(lake, table, numbered(facts), since)
    else:
        derived = facts["_derived"]
        told = _by_id(lake, table, facts.filter(pc.invert(derived)), since)
        found = _by_key(lake, table, facts.filter(derived), now)
        new = pa.concat_tables([told, found])
    return Fresh(new.select(names), facts.num_rows - new.num_rows)


_UNKNOWN = "message_id NOT IN (SELECT message_id FROM read_parquet($paths))"


def _files(lake: Lake, table: str, since: date, until: date | None) -> list[str]:
    files = lake.files(table, since)
    if until is not None and files.num_rows:
        files = files.filter(pc.less_equal(files["first_day"], until))
    paths: list[str] = files["path"].to_pylist()
    return paths


def _by_id(lake: Lake, table: Table, facts: pa.Table, since: date | None) -> pa.Table:
    if not facts.num_rows:
        return facts
    days = pc.min_max(facts["received_day"]).as_py()
    if pc.all(facts["_derived"]).as_py():  # numbered: each id stands here once
        paths = _files(lake, table.name, days["min"], days["max"])
        return _run(f"SELECT * FROM facts WHERE {_UNKNOWN}", facts, paths) if paths else facts
    happened = pc.min(facts[table.time]).as_py().date()
    paths = _files(lake, table.name, min(happened, since or happened), None)
    once = "row_number() OVER (PARTITION BY message_id ORDER BY _row) = 1"
    unknown = _UNKNOWN if paths else "true"
    return _run(f"SELECT * FROM facts WHERE {unknown} QUALIFY {once}", facts, paths)


def _run(query: str, facts: pa.Table, paths: list[str]) -> pa.Table:
    con = sql.connection()
    con.register("facts", facts)
    listed = ", ".join("'" + p.replace("'", "''") + "'" for p in paths)
    return con.sql(query.replace("$paths", f"[{listed}]")).to_arrow_table().cast(facts.schema)


def _by_key(lake: Lake, table: Table, facts: pa.Table, now: datetime) -> pa.Table:
    """See the module: unknown things land as told, changed ones as learned now."""
    if not facts.num_rows:
        return facts
    time, keys = quote(table.time), ", ".join(quote(k) for k in table.key)
    since = pc.min(facts[table.time]).as_py().date()
    paths = _files(lake, table.name, since, None)
    last = f"row_number() OVER (PARTITION BY {keys}, _at ORDER BY _row DESC) = 1"
    at = f"CASE WHEN _timeless THEN NULL ELSE {time} END"
    rows = f"SELECT *, {at} AS _at FROM facts QUALIFY {last}"
    if not paths:
        return _run(
            f"SELECT * EXCLUDE (_at) FROM ({rows}) ORDER BY received_at, _row", facts, paths
        )
    return _run(_changes(table, rows, now), facts, paths)


def _changes(table: Table, rows: str, now: datetime) -> str:
    time = quote(table.time)
    same = " AND ".join(f"r.{quote(k)} IS NOT DISTINCT FROM l.{quote(k)}" for k in table.key)
    group = ", ".join(quote(k) for k in table.key)
    mine = f"FROM read_parquet($paths) l SEMI JOIN facts r ON {same}"
    latest = "arg_max(message_id, (received_at, message_id))"
    newest = f"arg_max(message_id, ({time}, received_at, message_id))"
    moment = f"TIMESTAMPTZ '{now.isoformat()}'"
    changed = "_latest IS NOT NULL"
    return f"""
        WITH lake AS (SELECT {group}, {time}, received_at, message_id {mine}),
        rows AS ({rows}),
        at_time AS (SELECT {group}, {time} AS _at, {latest} AS _id FROM lake GROUP BY ALL),
        at_all AS (SELECT {group}, {newest} AS _id FROM lake GROUP BY ALL),
        judged AS (
            SELECT r.*, CASE WHEN _timeless THEN a._id ELSE l._id END AS _latest FROM rows r
            LEFT JOIN at_time l ON {same} AND r._at = l._at
            LEFT JOIN at_all a ON {same.replace("l.", "a.")})
        SELECT * EXCLUDE (_at, _latest) REPLACE (
            CASE WHEN {changed} THEN message_id || '~' || left(md5(_latest), 8)
                 ELSE message_id END AS message_id,
            CASE WHEN {changed} AND _timeless THEN {moment} ELSE {time} END AS {time},
            CASE WHEN {changed} THEN greatest(received_at, {moment}) ELSE received_at END
                AS received_at,
            CASE WHEN {changed} THEN false ELSE backfill END AS backfill,
            CASE WHEN {changed} THEN CAST(greatest(received_at, {moment}) AS DATE)
                 ELSE received_day END AS received_day)
        FROM judged WHERE _latest IS NULL OR split_part(_latest, '~', 1) <> message_id
        ORDER BY received_at, _row"""
