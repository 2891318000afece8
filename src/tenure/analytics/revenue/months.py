"""A month's figures straight from the history: accounts are looked at where the facts are read, and
only sums come back.

The same as ``figures(with_leaving(movements(...), churned), groups, only=only)``, without a row for
each account and month; a test holds the two ways against each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.revenue.figures import MonthFigures, group_table, summed_sql
from tenure.analytics.revenue.leaving import LEAVING_SQL
from tenure.analytics.revenue.movements import month_starts, moves_sql


def months(
    dataset: Dataset,
    first: date,
    last: date,
    *,
    grace_days: int,
    known_at: datetime,
    churned: pa.Table | None = None,
    groups: Mapping[str, str] | None = None,
    rest: str = "other",
    only: Collection[str] | None = None,
    engine: Engine | None = None,
) -> list[MonthFigures]:
    """Figures of the months from ``first`` to ``last``, as known at ``known_at``, by currency and
    group.

    ``churned`` (the answer of ``analytics.churn.churn_dates``) divides churn into voluntary and
    involuntary; for ``groups``, ``rest`` and ``only`` see ``figures.figures``. Months not over at
    ``known_at`` are counted up to that moment.
    """
    moves = moves_sql(month_starts(first, last), grace_days, known_at)
    extra = {"groups": group_table(groups or {})}
    if only is not None:
        extra["chosen"] = pa.table({"account_id": pa.array(sorted(only), pa.string())})
        moves = f"SELECT * FROM ({moves}) SEMI JOIN chosen USING (account_id)"
    if churned is not None:
        extra["churned"] = churned
        moves = LEAVING_SQL.format(moves=f"({moves})")
    else:
        moves = f"SELECT *, CAST(NULL AS VARCHAR) AS leaving FROM ({moves})"
    sql = summed_sql(moves, rest if groups is not None else "")
    found = (engine or DuckDBEngine()).query(sql, dataset, extra)
    return [MonthFigures(**row) for row in found.to_pylist()]
