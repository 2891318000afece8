"""Scores and signal values, read back from the lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.dataset import Dataset
from tenure.facts import lake
from tenure.facts.reading import engine
from tenure.health.lake_tables import SCORES, SIGNAL_VALUES
from tenure.health.models import ScoringRun

SCHEMAS = {"scores": SCORES, "signal_values": SIGNAL_VALUES}


def query(sql: str, table: str, days: Sequence[date] | None = None) -> pa.Table:
    """The result of ``sql`` over the relation ``table`` (scores or signal_values).

    ``days`` are the days of ``as_of`` that matter (all when None): only their files are opened.
    """
    files = paths(table, days)
    source = files or SCHEMAS[table].empty_table()
    return engine().query(sql, Dataset({}), {table: source})


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
