"""Reading scores and signal values back from the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.asof import needed_views, view_name, view_sql
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import micros
from tenure.core import workspace
from tenure.facts import lake
from tenure.health.lake_tables import SCORES, SIGNAL_VALUES
from tenure.health.models import ScoringRun

SCHEMAS = {"scores": SCORES, "signal_values": SIGNAL_VALUES}


@lru_cache(maxsize=4)
def _engine(folder: str) -> DuckDBEngine:
    return DuckDBEngine(temp_dir=folder)


def engine() -> DuckDBEngine:
    """The engine of this process; it spills into the workspace."""
    folder = workspace.current().home / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return _engine(str(folder))


def query(sql: str, table: str, days: Sequence[date] | None = None) -> pa.Table:
    """The result of ``sql`` over the relation ``table`` (scores or signal_values).

    ``days`` are the days of ``as_of`` that matter (all when None): only their files are opened.
    """
    files = paths(table, days)
    source = files or SCHEMAS[table].empty_table()
    return engine().query(sql, Dataset({}), {table: source})


def as_known(
    sql: str,
    now: datetime,
    *tables: str,
    parts: Mapping[str, str] | None = None,
    extra: Mapping[str, pa.Table] | None = None,
    since: date | None = None,
) -> list[dict[str, Any]]:
    """The rows of ``sql`` over views named as the tables, as known at ``now``.

    ``parts`` are further views by name, ``extra`` further relations; of ``events`` only what
    happened from the day ``since`` on is read.
    """
    views = dict.fromkeys(v for t in tables for v in needed_views(t))
    named = {view_name(*v): view_sql(v[0], micros(now), v[1]) for v in views}
    named |= {t: f"SELECT * FROM {view_name(t)}" for t in tables} | dict(parts or {})
    listed = ", ".join(f"{name} AS ({body})" for name, body in named.items())
    data = lake.current().dataset(list({v[0] for v in views}))
    if since is not None and "events" in tables:
        data = Dataset({**data.tables, "events": data.pruned("events", since=since)})
    return list(engine().query(f"WITH {listed} {sql}", data, extra or {}).to_pylist())


def paths(table: str, days: Sequence[date] | None = None) -> list[str]:
    """Files of the days."""
    here = lake.current()
    if not here.exists(table):
        return []
    files = here.files(table)
    if days is not None:
        wanted = pa.array(sorted(set(days)), pa.date32())
        partition = files["partition.received_day"].cast(pa.date32())
        files = files.filter(pc.is_in(partition, wanted))
    return [str(path) for path in files["path"].to_pylist()]


def run_rows(runs: Sequence[ScoringRun], columns: str = "*", where: str = "") -> pa.Table:
    """Rows of ``scores`` that finished ``runs`` wrote."""
    if not runs:
        return query(f"SELECT {columns} FROM scores WHERE FALSE", "scores", [])
    condition = f"run_id IN ({', '.join(str(r.pk) for r in runs)})"
    sql = f"SELECT {columns} FROM scores WHERE {condition}{f' AND ({where})' if where else ''}"
    return query(sql, "scores", [r.as_of.date() for r in runs])


def text(value: str) -> str:
    """``value`` as an SQL text."""
    return "'" + value.replace("'", "''") + "'"
