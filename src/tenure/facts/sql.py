"""This thread's embedded engine, and the names every batch of rows carries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from tenure.core import workspace
from tenure.facts.casts import literal

ROW = "_row"
HELPERS = ((ROW, pa.int64()), ("_derived", pa.bool_()), ("_timeless", pa.bool_()))
JSON_MARK = b"tenure.json"
"""Arrow field metadata key: the text in this column is JSON already."""

_local = threading.local()


def connection() -> duckdb.DuckDBPyConnection:
    """This thread's in-memory engine, in UTC."""
    if getattr(_local, "connection", None) is None:
        _local.connection = duckdb.connect(":memory:", config={"threads": 2})
        _local.connection.execute("SET TimeZone='UTC'")
    connection: duckdb.DuckDBPyConnection = _local.connection
    return connection


@contextmanager
def bounded(megabytes: float) -> Iterator[None]:
    """Within, this thread's engine keeps to so much memory and spills to the workspace."""
    folder = workspace.current().home / "spool" / "engine"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    con = connection()
    con.execute(f"SET memory_limit='{int(megabytes)}MB'")
    con.execute(f"SET temp_directory={literal(str(folder))}")
    try:
        yield
    finally:
        con.close()
        _local.connection = None
