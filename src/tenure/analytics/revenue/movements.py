"""MRR movements: what every account's recurring revenue did from one month to the next.

The state of an account at a boundary (a month's first moment) is what held *before* it: a period
that ends exactly at the boundary still counts, one that begins there does not yet. Between two
boundaries an account makes at most one movement, the difference of its two states, however often
it changed in between (a subscription with forty changes in a day moves once):

=============  ====================================================================
new            from nothing to paying, for the first time
reactivation   from nothing to paying, having paid before
expansion      paying more than before (or paying again after a pause)
contraction    paying less, yet still a customer
churn          from paying to no customer
=============  ====================================================================

They add up: start + new + reactivation + expansion - contraction - churn = end, for each account,
each currency and in total. Cancelling one of several subscriptions is therefore a contraction.
Amounts are integer minor units; currencies are never added together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.revenue.policy import RevenuePolicy

FOREVER = 2**62

STATES_SQL = """
facts AS (
  SELECT subscription_id, account_id, coalesce(currency, '') AS currency,
         CASE WHEN ended_at > coalesce(updated_at, started_at)
                   AND lower(status) NOT IN {alive} THEN '{in_force}'
              ELSE lower(coalesce(status, '{in_force}')) END AS status,
         coalesce(mrr_minor, 0) AS mrr,
         coalesce(updated_at, started_at) AS since, received_at,
         CASE WHEN ended_at < {known} THEN ended_at END AS ended
  FROM raw_subscriptions
  WHERE coalesce(updated_at, started_at) < {known} AND received_at < {known}
),
spans AS (
  SELECT subscription_id, account_id, currency, since, status IN {alive} AS alive,
         CASE WHEN status IN {paying} THEN mrr ELSE 0 END AS mrr,
         least(coalesce(lead(since) OVER changes, {forever}), coalesce(ended, {forever})) AS until
  FROM facts
  WINDOW changes AS (PARTITION BY subscription_id ORDER BY since, received_at)
),
held AS (
  SELECT * EXCLUDE (subscription_id),
         since IS DISTINCT FROM lag(until) OVER life AS begins,
         until IS DISTINCT FROM lead(since) OVER life AS ends
  FROM spans WHERE alive AND until > since
  WINDOW life AS (PARTITION BY subscription_id ORDER BY since)
),
bridged AS (
  SELECT held.account_id, held.currency, held.mrr, held.since,
         CASE WHEN held.ends AND later.since <= held.until + {grace}
              THEN later.since ELSE held.until END AS until
  FROM held ASOF LEFT JOIN (SELECT * FROM held WHERE begins) AS later
    ON later.account_id = held.account_id AND later.currency = held.currency
   AND later.since >= held.until
),
boundaries AS (
  SELECT unnest({boundaries}) AS moment, unnest(range({steps})) AS step
),
states AS (
  SELECT account_id, currency, step::INTEGER AS step, sum(mrr)::BIGINT AS mrr
  FROM bridged JOIN boundaries ON moment > since AND moment <= until
  GROUP BY ALL
)
"""
"""What every account paid at each boundary (no row: it was no customer)."""

MOVES_SQL = """
WITH {states},
older AS (SELECT DISTINCT account_id, currency FROM held WHERE mrr > 0 AND since < {first}),
seen AS (
  SELECT states.*, lag(step) OVER life AS step_before, lag(mrr) OVER life AS mrr_before,
         lead(step) OVER life AS step_after,
         older.account_id IS NOT NULL OR coalesce(max(mrr) OVER (
           life ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS paid_before
  FROM states LEFT JOIN older USING (account_id, currency)
  WINDOW life AS (PARTITION BY account_id, currency ORDER BY step)
),
moves AS (
  SELECT account_id, currency, step - 1 AS step,
         CASE WHEN step_before = step - 1 THEN mrr_before ELSE 0 END AS start_minor,
         mrr AS end_minor, paid_before, coalesce(step_before = step - 1, false) AS was_customer,
         true AS is_customer
  FROM seen WHERE step > 0
  UNION ALL
  SELECT account_id, currency, step, mrr, 0, true, true, false
  FROM seen WHERE coalesce(step_after <> step + 1, true) AND step < {last}
)
SELECT ({months})[step + 1] AS month, account_id, currency, start_minor::BIGINT AS start_minor,
       end_minor::BIGINT AS end_minor,
       CASE WHEN end_minor = start_minor THEN 'none'
            WHEN NOT is_customer THEN 'churn'
            WHEN start_minor = 0 AND NOT paid_before THEN 'new'
            WHEN start_minor = 0 AND NOT was_customer THEN 'reactivation'
            WHEN end_minor > start_minor THEN 'expansion'
            ELSE 'contraction' END AS kind,
       (end_minor - start_minor)::BIGINT AS change_minor
FROM moves WHERE start_minor <> 0 OR end_minor <> 0
ORDER BY month, account_id, currency
"""


def states_sql(
    boundaries: Sequence[int], policy: RevenuePolicy, grace_days: int, known: int
) -> str:
    """Common table expressions that end in ``states``; moments in microseconds since 1970.

    A row loaded with its end says ``cancelled`` already: before that end it was in force. A
    subscription that begins within ``grace_days`` after the last one ended continues it: the gap
    is neither churn nor reactivation.
    """
    return STATES_SQL.format(
        known=known,
        alive=_texts(policy.alive),
        paying=_texts(policy.paying),
        in_force=policy.paying[0],
        forever=FOREVER,
        grace=grace_days * DAY_US,
        boundaries=list(boundaries),
        steps=len(boundaries),
    )


def _texts(values: Sequence[str]) -> str:
    return "(" + ", ".join("'" + v.replace("'", "''") + "'" for v in values) + ")"


def month_starts(first: date, last: date) -> list[datetime]:
    """First moments (UTC) of the months from ``first`` to the one after ``last``.

    >>> [m.date().isoformat() for m in month_starts(date(2024, 1, 15), date(2024, 2, 1))]
    ['2024-01-01', '2024-02-01', '2024-03-01']
    """
    low, high = first.year * 12 + first.month - 1, last.year * 12 + last.month
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(low, high + 1)]


def movements(
    dataset: Dataset,
    first: date,
    last: date,
    *,
    policy: RevenuePolicy,
    grace_days: int,
    known_at: datetime,
    engine: Engine | None = None,
) -> pa.Table:
    """Every account's movement in each month from ``first`` to ``last``, as known at ``known_at``.

    Columns: ``month`` (its first day), ``account_id``, ``currency``, ``start_minor``,
    ``end_minor``, ``kind`` (new, reactivation, expansion, contraction, churn, none) and
    ``change_minor`` (signed).
    Accounts without revenue at both ends of a month have no row. Months that are not over at
    ``known_at`` are counted up to that moment.
    """
    starts = month_starts(first, last)
    boundaries = [min(micros(s), micros(known_at)) for s in starts]
    sql = MOVES_SQL.format(
        states=states_sql(boundaries, policy, grace_days, micros(known_at)),
        first=boundaries[0],
        last=len(boundaries) - 1,
        months="[" + ", ".join(f"DATE '{s.date()}'" for s in starts) + "]",
    )
    return (engine or DuckDBEngine()).query(sql, dataset)
