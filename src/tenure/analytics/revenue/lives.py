"""How long each account has paid: from its first paying day to its last, or until now.

An account that came back is one life from the first day; the gap in between does not end it,
because the question is how long a customer won today brings revenue, comebacks included.
"""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.revenue.movements import pieces_sql

MONTH_DAYS = 365.25 / 12

_LIVES_SQL = """
WITH {pieces}
SELECT account_id, currency,
       (least(max(until), {known}) - min(since)) / {month_us} AS months,
       max(until) + {grace} < {known} AS lost,
       arg_max(mrr, since)::BIGINT AS mrr_minor
FROM bridged WHERE mrr > 0 AND since < {known}
GROUP BY ALL ORDER BY ALL
"""


def lives(
    dataset: Dataset,
    *,
    grace_days: int,
    known_at: datetime,
    engine: Engine | None = None,
) -> pa.Table:
    """Columns ``account_id``, ``currency``, ``months`` (float), ``lost`` (bool), ``mrr_minor``.

    Only accounts that ever paid are listed. An end within the grace days of ``known_at`` does not
    count as lost yet.
    """
    known = micros(known_at)
    sql = _LIVES_SQL.format(
        pieces=pieces_sql([known], grace_days, known),
        known=known,
        grace=grace_days * DAY_US,
        month_us=MONTH_DAYS * DAY_US,
    )
    return (engine or DuckDBEngine()).query(sql, dataset)
