"""Months and cohorts together: the accounts' states are worked out once, and only sums come back.

The same figures as ``figures(movements(...))`` and ``cohorts(...)`` without the accounts behind
them; a test holds the two ways against each other.
"""

from __future__ import annotations

from datetime import date, datetime

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine
from tenure.analytics.moments import micros
from tenure.analytics.revenue.cohorts import CohortAge, aged_sql, read_ages
from tenure.analytics.revenue.figures import MonthFigures, summed_sql
from tenure.analytics.revenue.movements import month_starts, moves_sql, states_sql
from tenure.analytics.revenue.policy import RevenuePolicy

_SCANNED = """
WITH {states},
older AS (SELECT DISTINCT account_id, currency FROM held WHERE mrr > 0 AND since < {first})
SELECT states.*, older.account_id IS NOT NULL AS older
FROM states LEFT JOIN older USING (account_id, currency)
"""


def overview(
    dataset: Dataset,
    first: date,
    last: date,
    *,
    policy: RevenuePolicy,
    grace_days: int,
    known_at: datetime,
    engine: DuckDBEngine | None = None,
) -> tuple[list[MonthFigures], list[CohortAge]]:
    """Figures of the months from ``first`` to ``last`` and their cohorts, as known at ``known_at``.

    Months not over at ``known_at`` are counted up to that moment; cohorts leave them out. Churn is
    not divided into voluntary and involuntary.
    """
    starts = month_starts(first, last)
    whole = [s for s in starts if s <= known_at]
    boundaries = [min(micros(s), micros(known_at)) for s in starts]
    states = states_sql(boundaries, policy, grace_days, micros(known_at))
    asked = [summed_sql(moves_sql("scanned", starts))]
    if len(whole) > 1:
        asked.append(aged_sql("scanned", len(whole)))
    scanned = _SCANNED.format(states=states, first=boundaries[0])
    found = (engine or DuckDBEngine()).scan(scanned, dataset, asked)
    months = [MonthFigures(**row) for row in found[0].to_pylist()]
    return months, read_ages(found[1].to_pylist(), whole) if len(found) > 1 else []
