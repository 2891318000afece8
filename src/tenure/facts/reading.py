"""The one reader of facts, with two readings that are never mixed.

* *Latest* (``latest``): whatever has landed. There is no clock in the question, so that who is told
  of a fact finds it, whatever this machine's clock or the sender's says. Handlers, projections,
  programs, plays and pages of the present ask this.
* *As of t* (``as_known``): what had happened and was known before a moment. Scores, backtests and
  reports ask this.

Both give views named as the tables, with the columns of ``analytics.tables`` and the derived ones
of ``analytics.asof``; one row a thing (``Table.key``): the fact with the latest time, then the one
received last, then the one with the greatest id, in whatever order they came. ``raw_<table>`` are
all facts. No fact lies ahead of when it was received (``facts.row_plan``), so the latest one has
happened; only *columns* may name moments to come (``started_at``, ``ended_at``, ``renews_at``).

Queries are in DuckDB's dialect; moments are microseconds since 1970 in them and in what they give
(``dated`` turns them into datetimes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from tenure.analytics.asof import latest_sql, needed_views, view_name, view_sql
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import micros, moment
from tenure.analytics.tables import TABLES
from tenure.core import workspace
from tenure.facts import lake
from tenure.facts.casts import literal as text

Rows = list[dict[str, Any]]
MOMENTS = frozenset(
    {c.name for table in TABLES.values() for c in table.all_columns() if c.kind == "timestamp"}
    | {"finished_at", "ends_at"}
)
"""Columns that hold a moment."""
ABOUT = "about_accounts"
"""The relation of the accounts that a question is about."""


@lru_cache(maxsize=4)
def _engine(folder: str) -> DuckDBEngine:
    return DuckDBEngine(temp_dir=folder)


def engine() -> DuckDBEngine:
    """The engine of this process; it spills into the workspace."""
    folder = workspace.current().home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return _engine(str(folder))


def latest(
    query: str,
    now: datetime,
    *tables: str,
    about: Iterable[str] | None = None,
    parts: Mapping[str, str] | None = None,
    extra: Mapping[str, pa.Table] | None = None,
    since: datetime | None = None,
) -> pa.Table:
    """The result of ``query`` over what has landed.

    ``now`` is the moment of which derived columns speak (``in_force``, ``is_overdue``); it hides
    nothing. ``about`` names accounts: only their things are looked at, and those that once were
    theirs. ``parts`` are further views by name, ``extra`` further relations. Facts received on days
    before that of ``since`` are not needed.
    """
    at, here = micros(now), lake.current()
    data = here.dataset(_sources(tables), lake.day_of(since) if since else None)
    wanted = "" if about is None else ABOUT
    views = _views(tables, lambda name, _: latest_sql(name, at, wanted), parts)
    named = {} if about is None else {ABOUT: ids(about)}
    return engine().query(f"{views} {query}", data, named | dict(extra or {}))


def as_known(
    query: str,
    t: datetime,
    *tables: str,
    about: Iterable[str] | None = None,
    parts: Mapping[str, str] | None = None,
    extra: Mapping[str, pa.Table] | None = None,
    since: date | None = None,
) -> Rows:
    """The rows of ``query`` over what had happened and was known before ``t``.

    ``about``, ``parts`` and ``extra`` as for ``latest``; of ``events`` only what happened from the
    day ``since`` on is read.
    """
    at, data = micros(t), lake.current().dataset(_sources(tables))
    if since is not None and "events" in tables:
        data = Dataset({**data.tables, "events": data.pruned("events", since=since)})
    wanted = "" if about is None else ABOUT
    views = _views(tables, lambda name, shift: view_sql(name, at, shift, wanted), parts)
    named = {} if about is None else {ABOUT: ids(about)}
    found = engine().query(f"{views} {query}", data, named | dict(extra or {}))
    return list(found.to_pylist())


def _sources(tables: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(v[0] for table in tables for v in needed_views(table)))


def _views(
    tables: Iterable[str], view: Callable[[str, int], str], parts: Mapping[str, str] | None
) -> str:
    names = dict.fromkeys(v for table in tables for v in needed_views(table))
    bodies = {view_name(*name): view(*name) for name in names}
    bodies |= {table: f"SELECT * FROM {view_name(table)}" for table in tables}
    bodies |= dict(parts or {})
    return "WITH " + ", ".join(f"{name} AS ({body})" for name, body in bodies.items())


def until_settled(act: Callable[[], object], *tables: str) -> None:
    """Do ``act``, which reads these tables and writes what it found, and again if they grew
    meanwhile: another worker may have written what it read later, and ``act`` over it."""
    here = lake.current()
    while True:
        before = [here.version(table) for table in tables]
        act()
        if [here.version(table) for table in tables] == before:
            return


def holding(table: str) -> str:
    """What is greatest in the fact that holds, as an SQL row: for ``arg_max(column, …)`` over
    ``raw_<table>``, where each column's latest value is asked for."""
    return f"({TABLES[table].time}, received_at, message_id)"


def ids(values: Iterable[str], column: str = "id") -> pa.Table:
    """A relation of ids, for ``extra``."""
    return pa.table({column: pa.array(list(values), pa.string())})


def dated(found: pa.Table | Rows) -> Rows:
    """Rows with datetimes (UTC) for moments, by the names of their columns."""
    rows: Rows = found.to_pylist() if isinstance(found, pa.Table) else found
    return [
        {k: moment(v) if v is not None and k in MOMENTS else v for k, v in row.items()}
        for row in rows
    ]


__all__ = [
    "MOMENTS",
    "as_known",
    "dated",
    "engine",
    "holding",
    "ids",
    "latest",
    "text",
]
