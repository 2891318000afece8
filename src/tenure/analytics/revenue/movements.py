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
from tenure.analytics.subscriptions import spans_sql

PIECES_SQL = """
spans AS (
  SELECT subscription_id, account_id, coalesce(currency, '') AS currency, begins AS since, alive,
         CASE WHEN pays THEN coalesce(mrr_minor, 0) ELSE 0 END AS mrr, until
  FROM ({spans})
),
held AS (
  SELECT * EXCLUDE (subscription_id),
         since IS DISTINCT FROM lag(until) OVER life AS begins,
         until IS DISTINCT FROM lead(since) OVER life AS ends
  FROM spans WHERE alive AND until > since
  WINDOW life AS (PARTITION BY subscription_id ORDER BY since)
),
several AS (  -- accounts in which more than one thing began
  SELECT account_id, currency FROM held WHERE begins GROUP BY ALL HAVING count(*) > 1
),
again AS (SELECT * FROM held SEMI JOIN several USING (account_id, currency) WHERE ends),
bridged AS (
  SELECT account_id, currency, mrr, since, until FROM held
  UNION ALL  -- the days between an end and the next beginning, if they are few
  SELECT again.account_id, again.currency, again.mrr, again.until, later.since
  FROM again ASOF JOIN (SELECT * FROM held WHERE begins) AS later
    ON later.account_id = again.account_id AND later.currency = again.currency
   AND later.since >= again.until
  WHERE later.since > again.until AND later.since <= again.until + {grace}
),
counted AS (  -- the first and the last boundary at which each was so
  SELECT account_id, currency, mrr,
         CASE WHEN since < {begin} THEN 0 ELSE {month_of_since} + 1 END AS low,
         CASE WHEN until >= {end} THEN {steps} - 1
              ELSE least({month_of_until}, {steps} - 2) END AS high
  FROM bridged WHERE since < {end} AND until >= {begin}
),
pieces AS (  -- of one thing the changes follow on each other: there is nothing to add up
  SELECT account_id, currency, low::INTEGER AS low, high::INTEGER AS high, mrr::BIGINT AS mrr
  FROM counted ANTI JOIN several USING (account_id, currency) WHERE low <= high
  UNION ALL
  SELECT account_id, currency, step::INTEGER AS low, step::INTEGER AS high, sum(mrr)::BIGINT AS mrr
  FROM (SELECT account_id, currency, mrr, unnest(range(low, high + 1)) AS step
        FROM counted SEMI JOIN several USING (account_id, currency) WHERE low <= high)
  GROUP BY ALL
)
"""
"""What every account paid from one boundary to another, both included (where no piece covers a
boundary, it was no customer)."""

MOVES_SQL = """
WITH {pieces},
older AS (SELECT DISTINCT account_id, currency FROM held WHERE mrr > 0 AND since < {first}),
seen AS (
  SELECT *, lag(high) OVER life AS high_before, lag(mrr) OVER life AS mrr_before,
         lead(low) OVER life AS low_after,
         older.account_id IS NOT NULL OR coalesce(max(mrr) OVER (
           life ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS paid_before
  FROM pieces LEFT JOIN older USING (account_id, currency)
  WINDOW life AS (PARTITION BY account_id, currency ORDER BY low)
),
moves AS (  -- to a piece, within it, and out of it where none follows
  SELECT account_id, currency, low - 1 AS step,
         CASE WHEN high_before = low - 1 THEN mrr_before ELSE 0 END AS start_minor,
         mrr AS end_minor, paid_before, coalesce(high_before = low - 1, false) AS was_customer,
         true AS is_customer
  FROM seen WHERE low > 0
  UNION ALL
  SELECT account_id, currency, unnest(range(low, high)), mrr, mrr, true, true, true
  FROM seen WHERE high > low AND mrr <> 0
  UNION ALL
  SELECT account_id, currency, high, mrr, 0, true, true, false
  FROM seen WHERE coalesce(low_after <> high + 1, true) AND high < {last}
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
"""


def pieces_sql(boundaries: Sequence[int], grace_days: int, known: int) -> str:
    """Common table expressions that end in ``pieces``; moments in microseconds since 1970.

    ``boundaries`` are first moments of months that follow on each other; the last may be any moment
    within its month or at its end.

    What each subscription was from when to when, and whether it paid, is said by
    ``analytics.subscriptions``. One that begins within ``grace_days`` after the last one ended
    continues it: the gap is neither churn nor reactivation.
    """
    first = datetime.fromtimestamp(boundaries[0] / 1_000_000, UTC).date()
    month = f"date_diff('month', DATE '{first}', make_timestamp({{}}))"
    return PIECES_SQL.format(
        begin=boundaries[0],
        end=boundaries[-1],
        month_of_since=month.format("since"),
        month_of_until=month.format(f"least(until, {boundaries[-1]})"),
        spans=spans_sql(known),
        grace=grace_days * DAY_US,
        steps=len(boundaries),
    )


def month_starts(first: date, last: date) -> list[datetime]:
    """First moments (UTC) of the months from ``first`` to the one after ``last``.

    >>> [m.date().isoformat() for m in month_starts(date(2024, 1, 15), date(2024, 2, 1))]
    ['2024-01-01', '2024-02-01', '2024-03-01']
    """
    low, high = first.year * 12 + first.month - 1, last.year * 12 + last.month
    return [datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(low, high + 1)]


def moves_sql(starts: Sequence[datetime], grace_days: int, known_at: datetime) -> str:
    """The query behind ``movements``, for the months that ``starts`` bound."""
    boundaries = [min(micros(s), micros(known_at)) for s in starts]
    months = "[" + ", ".join(f"DATE '{s.date()}'" for s in starts) + "]"
    return MOVES_SQL.format(
        pieces=pieces_sql(boundaries, grace_days, micros(known_at)),
        first=boundaries[0],
        last=len(starts) - 1,
        months=months,
    )


def movements(
    dataset: Dataset,
    first: date,
    last: date,
    *,
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
    sql = moves_sql(month_starts(first, last), grace_days, known_at)
    return (engine or DuckDBEngine()).query(f"{sql} ORDER BY month, account_id, currency", dataset)
