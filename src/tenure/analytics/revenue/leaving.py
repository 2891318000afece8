"""Whether a churned account chose to leave, or only failed to pay.

Kinds are those of ``analytics.churn``: what the subscription says, else *involuntary* after a
failed payment, else *unknown*. They are put beside the movements of kind churn, so that each
month's lost MRR can be divided by them.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

KINDS = ("voluntary", "involuntary", "unknown")

LEAVING_SQL = """
SELECT m.*, CASE WHEN m.kind = 'churn' THEN coalesce(k.kind, 'unknown') END AS leaving
FROM {moves} m LEFT JOIN (
  SELECT account_id, date_trunc('month', churned_at - INTERVAL 1 MICROSECOND)::DATE AS month,
         arg_max(kind, churned_at) AS kind
  FROM churned GROUP BY ALL
) k ON m.kind = 'churn' AND k.account_id = m.account_id AND k.month = m.month
"""
_ORDER = "ORDER BY m.month, m.account_id, m.currency"


def with_leaving(moves: pa.Table, churned: pa.Table) -> pa.Table:
    """``moves`` with a column ``leaving``: one of ``KINDS`` for a churn, else null.

    ``churned`` is the answer of ``analytics.churn.churn_dates``. A period that ends exactly at a
    month's first moment belongs to the month before, as in the movements. An account that left
    within the days of grace, or in one of two currencies, is unknown.
    """
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.register("moves", moves)
    con.register("churned", churned)
    return con.sql(LEAVING_SQL.format(moves="moves") + _ORDER).to_arrow_table()
