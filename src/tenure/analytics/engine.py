"""Engines that run compiled queries: DuckDB inside this process, or Spark.

A query is written in DuckDB's dialect over relations ``raw_<table>`` (and further named files).
Moments in these relations are microseconds since 1970, so no engine's time zone can matter.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.analytics.dataset import Dataset, Source
from tenure.analytics.tables import TABLES, Column, Kind, Table

Extra = Mapping[str, pa.Table | Sequence[str]]
"""Further relations by name: rows, or Parquet files whose columns are united by name."""


class Engine(Protocol):
    """Runs a query over a dataset."""

    def query(self, sql: str, dataset: Dataset, extra: Extra | None = None) -> pa.Table:
        """The result of ``sql``."""
        ...


class DuckDBEngine:
    """DuckDB in this process; safe to use from several threads.

    ``memory_limit`` such as ``"800MB"``; beyond it DuckDB spills to ``temp_dir``.
    """

    def __init__(
        self,
        memory_limit: str | None = None,
        threads: int | None = None,
        temp_dir: str | Path | None = None,
    ) -> None:
        config: dict[str, Any] = {"TimeZone": "UTC", "preserve_insertion_order": "false"}
        if memory_limit:
            config["memory_limit"] = memory_limit
        if threads:
            config["threads"] = str(threads)
        if temp_dir:
            config["temp_directory"] = str(temp_dir)
        self._con = duckdb.connect()
        for key, value in config.items():
            self._con.execute(f"SET {key} = '{value}'")

    def query(self, sql: str, dataset: Dataset, extra: Extra | None = None) -> pa.Table:
        """The result of ``sql``."""
        with self._con.cursor() as con:
            self._provide(con, sql, dataset, extra or {})
            try:
                return con.sql(sql).to_arrow_table()
            except duckdb.Error as error:
                damaged = _damaged(dataset, extra or {}, error)
                if damaged is None:
                    raise
                raise damaged from error

    def scan(self, sql: str, dataset: Dataset, queries: Sequence[str]) -> list[pa.Table]:
        """Compute ``sql`` once as ``scanned``, then the result of each query over it."""
        with self._con.cursor() as con:
            self._provide(con, " ".join([sql, *queries]), dataset, {})
            con.execute(f"CREATE TEMP TABLE scanned AS {sql}")
            return [con.sql(query).to_arrow_table() for query in queries]

    def _provide(self, con: Any, sql: str, dataset: Dataset, extra: Extra) -> None:
        for name, table in TABLES.items():
            if f"raw_{name}" in sql:
                self._relation(con, table, dataset.source(name))
        for name, source in extra.items():
            if isinstance(source, pa.Table):
                con.register(name, source)
            else:
                con.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM {_read(source)[0]}")

    def _relation(self, con: Any, table: Table, source: Source) -> None:
        present, origin = table.arrow_schema().names, f"rows_{table.name}"
        if isinstance(source, pa.Table):
            present = source.column_names
            con.register(origin, source)
        elif len(source):
            origin, present = _read(source)
        else:
            con.register(origin, table.arrow_schema().empty_table())
        columns = ", ".join(_duckdb_column(c, present) for c in table.all_columns())
        con.execute(f"CREATE TEMP VIEW raw_{table.name} AS SELECT {columns} FROM {origin}")


class SparkEngine:
    """An existing Spark session; the same queries, rendered in its dialect by sqlglot."""

    def __init__(self, session: Any) -> None:
        self._spark = session
        session.conf.set("spark.sql.session.timeZone", "UTC")

    def query(self, sql: str, dataset: Dataset, extra: Extra | None = None) -> pa.Table:
        """The result of ``sql``."""
        with tempfile.TemporaryDirectory() as folder:
            for name, table in TABLES.items():
                if f"raw_{name}" in sql:
                    self._relation(table, dataset.source(name), Path(folder))
            for name, source in (extra or {}).items():
                files = _as_files(source, Path(folder) / f"{name}.parquet")
                frame = self._spark.read.option("mergeSchema", "true").parquet(*files)
                frame.createOrReplaceTempView(name)
            result: pa.Table = self._spark.sql(to_spark(sql)).toArrow()
            return result

    def _relation(self, table: Table, source: Source, folder: Path) -> None:
        if not isinstance(source, pa.Table) and not len(source):
            source = table.arrow_schema().empty_table()
        files = _as_files(source, folder / f"{table.name}.parquet")
        frame = self._spark.read.option("mergeSchema", "true").parquet(*files)
        columns = [_spark_column(c, frame.columns) for c in table.all_columns()]
        frame.selectExpr(*columns).createOrReplaceTempView(f"raw_{table.name}")


def to_spark(sql: str) -> str:
    """The query in Spark's dialect; its decimal literals become doubles, as DuckDB divides them."""
    import sqlglot
    from sqlglot import exp

    def double(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Literal) and not node.is_string and "." in node.name:
            return exp.cast(node.copy(), "double")
        return node

    return str(sqlglot.parse_one(sql, read="duckdb").transform(double).sql("spark"))


class DamagedFileError(OSError):
    """A data file cannot be read; the message names it."""

    def __init__(self, path: str, why: str) -> None:
        line = (why.strip().splitlines() or ["unknown"])[0]
        super().__init__(f"{path} cannot be read ({line}): run 'tenure doctor --deep'")


def file_columns(files: Sequence[str]) -> tuple[list[str], bool]:
    """Column names in the files (looking at the first and the last), and whether they agree.
    DamagedFileError if one is no Parquet file (any more)."""
    first, last = (_schema(f).names for f in (files[0], files[-1]))
    return list(dict.fromkeys([*first, *last])), set(first) == set(last)


def _schema(path: str) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(str(path), str(error)) from error


def file_fault(path: str) -> tuple[int, str]:
    """How many rows a data file holds, read to its end; and why it cannot be, empty if it can."""
    try:
        with duckdb.connect(config={"threads": 2}) as con:
            query = "SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM read_parquet(?)"
            found = con.execute(query, [[str(path)]]).fetchone()
            return int(found[0]) if found else 0, ""
    except duckdb.Error as error:
        return 0, str(error).strip().splitlines()[0]


def _damaged(dataset: Dataset, extra: Extra, error: Exception) -> DamagedFileError | None:
    """Which file a query failed on: the one the engine names; else each is read to find it, as what
    is broken within a file comes without its name."""
    sources = [*dataset.tables.values(), *extra.values()]
    files = [str(f) for s in sources if not isinstance(s, pa.Table) for f in s]
    named = next((f for f in files if f in str(error)), None)
    if named is not None:
        return DamagedFileError(named, str(error))
    if type(error) is duckdb.Error:
        for path in files:
            if why := file_fault(path)[1]:
                return DamagedFileError(path, why)
    return None


def _read(files: Sequence[str]) -> tuple[str, list[str]]:
    """What to select from, and the columns in it; files that differ are united by name."""
    present, uniform = file_columns(files)
    union = "" if uniform else ", union_by_name = true"
    return f"read_parquet({_file_list(files)}, hive_partitioning = false{union})", present


def _file_list(files: Sequence[str]) -> str:
    return "[" + ", ".join(f"'{_quoted(str(f))}'" for f in files) + "]"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_DUCKDB: dict[Kind, str] = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "json": "VARCHAR",
    "timestamp": "BIGINT",
    "date": "DATE",
}


def _duckdb_column(column: Column, present: Sequence[str]) -> str:
    if column.name not in present:
        return f'CAST(NULL AS {_DUCKDB[column.kind]}) AS "{column.name}"'
    if column.kind == "timestamp":
        return f"EPOCH_US({column.name}) AS {column.name}"
    return f'"{column.name}"'


_SPARK: dict[Kind, str] = _DUCKDB | {"text": "STRING", "json": "STRING"}


def _spark_column(column: Column, present: Sequence[str]) -> str:
    if column.name not in present:
        return f"CAST(NULL AS {_SPARK[column.kind]}) AS `{column.name}`"
    if column.kind == "timestamp":
        return f"UNIX_MICROS({column.name}) AS {column.name}"
    return f"`{column.name}`"


def _as_files(source: Source, path: Path) -> list[str]:
    if not isinstance(source, pa.Table):
        return [str(f) for f in source]
    pq.write_table(source, path, coerce_timestamps="us", allow_truncated_timestamps=True)
    return [str(path)]
