"""The facts a scoring reads: entity tables that lie in many small files are read once, into memory.

A lake has at least a file per table and day. Opening thousands of them for every date of a backtest
costs more than the scoring itself; read once, they serve all dates. Events stay in their files: of
them a date reads only the days of its windows.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.dataset as ds

from tenure.analytics.dataset import Dataset, Source
from tenure.analytics.tables import TABLES
from tenure.facts import lake

MANY_FILES = 20
MOST_ROWS = 5_000_000
"""Beyond this a table is read from its files: it would fill the memory."""


def dataset() -> Dataset:
    """All tables of facts, as of now."""
    here = lake.current()
    found: dict[str, Source] = {}
    for name in TABLES:
        files = here.files(name)
        paths = [str(path) for path in files["path"].to_pylist()]
        rows = sum(files["num_records"].to_pylist()) if paths else 0
        small = name != "events" and len(paths) > MANY_FILES and rows <= MOST_ROWS
        if paths:
            found[name] = _read(name, paths) if small and here.local else paths
    return Dataset(found)


def _read(name: str, paths: list[str]) -> pa.Table:
    schema = TABLES[name].arrow_schema()
    schema = schema.remove(schema.get_field_index("received_day"))  # it stands in the path
    return ds.dataset(paths, schema=schema, format="parquet").to_table()
