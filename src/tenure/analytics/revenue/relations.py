"""Makes tables of a dataset readable by name in a DuckDB connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.tables import TABLES


def register(con: duckdb.DuckDBPyConnection, dataset: Dataset, tables: Iterable[str]) -> None:
    """Create (or replace) a view for each of ``tables``; one without facts is an empty relation."""
    con.execute("SET TimeZone = 'UTC'")
    for name in tables:
        source: Any = dataset.source(name)
        if isinstance(source, pa.Table):
            con.register(name, source)
        elif source:
            files = ", ".join("'" + path.replace("'", "''") + "'" for path in source)
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet([{files}], "
                "hive_partitioning = true, union_by_name = true)"
            )
        else:
            con.register(name, TABLES[name].arrow_schema().empty_table())
