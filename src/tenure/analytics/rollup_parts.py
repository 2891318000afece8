"""What a rollup stores: its columns for a registry, and the rows of a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import DAY_US, moment
from tenure.analytics.rollup_manifest import Group, sync
from tenure.analytics.signals.compute import make_plan
from tenure.analytics.signals.inputs import Input
from tenure.analytics.signals.registry import Registry

FAR = datetime(9999, 1, 1, tzinfo=UTC)
CATALOGUE_VARIANTS = 12
"""So many past states of the feature catalogue are kept ready for backtests."""


def needed_inputs(
    dataset: Dataset, registry: Registry, engine: DuckDBEngine
) -> tuple[list[Input], list[Input]]:
    """Inputs of all registered signals, for every recent state of the feature catalogue."""
    accounts: dict[Input, None] = {}
    people: dict[Input, None] = {}
    for at in _variants(dataset, engine):
        for per, names in (("account", registry.of_accounts()), ("person", registry.of_people())):
            plan = make_plan(dataset, registry, at, names, per, engine)
            accounts |= dict.fromkeys(plan.inputs)
            people |= dict.fromkeys(plan.person_inputs)
    return list(accounts), list(people)


def _variants(dataset: Dataset, engine: DuckDBEngine) -> list[datetime]:
    """A moment after each of the latest changes of features and plans."""
    changes: set[int] = set()
    for table in ("features", "plans"):
        if dataset.has(table):
            rows = engine.query(f"SELECT DISTINCT received_at FROM raw_{table}", dataset)
            changes |= {v for v in rows["received_at"].to_pylist() if v is not None}
    newest = sorted(changes)[-CATALOGUE_VARIANTS:]
    return [moment(c + 1) for c in newest] or [FAR]


def ad_sql(group: Group, inputs: Mapping[str, Input]) -> str:
    """Rows by day of arrival, account and day, over what was scanned."""
    merged = [f"{_cast(inputs[i], inputs[i].merge(i))} AS {i}" for i in group.account_inputs]
    wanted, keys = ", ".join(["arrived", "account_id", "day", *merged]), "arrived, account_id, day"
    return f"SELECT {wanted} FROM scanned GROUP BY {keys} ORDER BY {keys}"


def apd_sql(group: Group) -> str:
    """Rows by day of arrival, account, person and day, over what was scanned."""
    keys = "arrived, account_id, person_id, day"
    filled = " OR ".join(f"{i} IS NOT NULL" for i in group.person_inputs) or "FALSE"
    wanted = ", ".join([keys, *group.person_inputs])
    kept = f"person_id IS NOT NULL AND ({filled})"
    return f"SELECT {wanted} FROM scanned WHERE {kept} ORDER BY {keys}"


NEWEST_SQL = (
    f"SELECT CAST(received_at // {DAY_US} AS INT) AS arrived, MAX(received_at) AS newest"
    " FROM raw_events GROUP BY arrived"
)


def write_day(rows: pa.Table, day: int, path: Path) -> None:
    """Write the rows that arrived on a day (``rows`` are ordered by it), durably."""
    arrived = rows["arrived"].to_numpy()
    first, last = np.searchsorted(arrived, [day, day + 1])
    part = rows.slice(first, last - first).drop_columns(["arrived"])
    pq.write_table(part, path, compression="zstd", use_dictionary=["account_id"])
    sync(path)


def _cast(i: Input, sql: str) -> str:
    return sql if i.kind == "sum" else f"CAST({sql} AS BIGINT)"
