"""Cohorts: of the accounts that began to pay in the same month, how many still pay, and how much.

A cohort is the accounts (of one currency) whose first paying boundary is the same month's end. At
age *k* months, *logo retention* is the share of them that pay, *revenue retention* their MRR over
the MRR they began with (which may exceed 1). Ages that lie after the last month have no row:
nothing is guessed. The interval of a logo retention is Wilson's (1927) at 95 per cent.

Cohorts may also begin with something that happened to a customer (an offer taken, a reason given):
``since``. Then the cohort is the accounts to which it happened in the same month, as they paid at
that month's first moment; age *k* is *k* months later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

import pyarrow as pa

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.moments import micros
from tenure.analytics.revenue.figures import group_table
from tenure.analytics.revenue.movements import month_starts, pieces_sql
from tenure.analytics.validation.intervals import wilson

_SUMMED = ("size", "alive", "start_minor", "mrr_minor")
_COHORTS_SQL = """
WITH {pieces},
{begun},
members AS (
  SELECT born.*, coalesce(g.name, {rest}) AS name
  FROM born LEFT JOIN cohort_groups g USING (account_id) {only}
),
sizes AS (
  SELECT currency, name, step, count(*) AS size, sum(mrr)::BIGINT AS mrr FROM members GROUP BY ALL
),
later AS (
  SELECT currency, name, step, age, count(*) AS alive, sum(mrr)::BIGINT AS mrr
  FROM (SELECT m.currency, m.name, m.step, p.mrr,
               unnest(range(p.low - m.step, p.high - m.step + 1)) AS age
        FROM members m JOIN paying p USING (account_id, currency))
  GROUP BY ALL
)
SELECT s.currency, s.name, s.step, s.size, s.mrr AS start_minor, a.age,
       coalesce(l.alive, 0) AS alive, coalesce(l.mrr, 0) AS mrr_minor
FROM sizes s
CROSS JOIN (SELECT unnest(range({steps})) AS age) a
LEFT JOIN later l ON l.currency = s.currency AND l.name = s.name AND l.step = s.step
 AND l.age = a.age
WHERE s.step + a.age < {steps}
ORDER BY ALL
"""

_WON = """
older AS (SELECT DISTINCT account_id, currency FROM held WHERE mrr > 0 AND since < {first}),
paying AS (
  SELECT account_id, currency, greatest(low, 1) AS low, high, mrr
  FROM pieces ANTI JOIN older USING (account_id, currency) WHERE mrr > 0 AND high > 0
),
born AS (
  SELECT account_id, currency, min(low) AS step, arg_min(mrr, low) AS mrr
  FROM paying GROUP BY ALL
)"""
_HAPPENED = """
paying AS (SELECT account_id, currency, low, high, mrr FROM pieces WHERE mrr > 0),
born AS (
  SELECT p.account_id, p.currency, b.step, p.mrr
  FROM paying p JOIN cohort_begun b ON b.account_id = p.account_id
   AND b.step BETWEEN p.low AND p.high
)"""


@dataclass(frozen=True)
class CohortAge:
    """One cohort at one age (months since its first paying month's end)."""

    month: date
    group: str
    currency: str
    age: int
    size: int
    alive: int
    start_minor: int
    mrr_minor: int

    @property
    def logo_retention(self) -> float:
        """Share of the cohort that pays at this age."""
        return self.alive / self.size

    @property
    def logo_interval(self) -> tuple[float, float]:
        """95 per cent interval of the logo retention."""
        share = wilson(self.alive, self.size)
        return share.low or 0.0, 1.0 if share.high is None else share.high

    @property
    def revenue_retention(self) -> float:
        """MRR at this age over MRR at the start."""
        return self.mrr_minor / self.start_minor

    def to_dict(self) -> dict[str, object]:
        """Fields and rates, the month as ISO text."""
        return asdict(self) | {
            "month": self.month.isoformat(),
            "logo_retention": self.logo_retention,
            "logo_interval": list(self.logo_interval),
            "revenue_retention": self.revenue_retention,
        }


def cohorts(
    dataset: Dataset,
    first: date,
    last: date,
    *,
    grace_days: int,
    known_at: datetime,
    groups: Mapping[str, str] | None = None,
    rest: str = "other",
    only: Collection[str] | None = None,
    since: Mapping[str, datetime] | None = None,
    engine: Engine | None = None,
) -> list[CohortAge]:
    """Cohorts of the months ``first`` to ``last``, at every age that has been reached by then.

    ``groups`` maps account ids to the attribute to split by (channel, plan, ...); ``only`` keeps
    the accounts named. Accounts that
    paid before ``first`` belong to no cohort shown. Months not over at ``known_at`` are left out.

    ``since`` says when what the cohorts begin with happened to an account; accounts without it, and
    those that did not pay when that month began, are in no cohort.
    """
    starts = [s for s in month_starts(first, last) if s <= known_at]
    if len(starts) < 2:
        return []
    extra = {"cohort_groups": group_table(groups or {})}
    if only is not None:
        extra["cohort_only"] = pa.table({"account_id": pa.array(sorted(only), pa.string())})
    if since is not None:
        extra["cohort_begun"] = _steps(since, starts)
    named = (rest if groups is not None else "").replace("'", "''")
    sql = _COHORTS_SQL.format(
        pieces=pieces_sql([micros(s) for s in starts], grace_days, micros(known_at)),
        begun=_HAPPENED if since is not None else _WON.format(first=micros(starts[0])),
        steps=len(starts),
        rest=f"'{named}'",
        only="" if only is None else "SEMI JOIN cohort_only USING (account_id)",
    )
    rows = (engine or DuckDBEngine()).query(sql, dataset, extra).to_pylist()
    earlier = 0 if since is not None else 1  # who is won is seen at the month's end
    return [
        CohortAge(
            starts[r["step"] - earlier].date(),
            r["name"],
            r["currency"],
            r["age"],
            r["size"],
            r["alive"],
            r["start_minor"],
            r["mrr_minor"],
        )
        for r in rows
    ]


def _steps(since: Mapping[str, datetime], starts: Sequence[datetime]) -> pa.Table:
    """The boundary at which the month of each account's beginning begins."""
    found = [(a, bisect_right(starts, at) - 1) for a, at in since.items() if at >= starts[0]]
    accounts = pa.array([account for account, _ in found], pa.string())
    steps = pa.array([step for _, step in found], pa.int32())
    return pa.table({"account_id": accounts, "step": steps})


def pooled(ages: Sequence[CohortAge]) -> list[CohortAge]:
    """The cohorts of a group as one: at each age, of all cohorts that have reached it.

    ``size`` therefore gets smaller with age, and a share may rise from one age to the next where a
    bad young cohort drops out of the sum. ``month`` is the first of the group.
    """
    found: dict[tuple[str, str, int], CohortAge] = {}
    for one in ages:
        key = (one.currency, one.group, one.age)
        had = found.get(key)
        if had is None:
            found[key] = one
            continue
        sums = {n: getattr(had, n) + getattr(one, n) for n in _SUMMED}
        found[key] = replace(had, month=min(had.month, one.month), **sums)
    return [found[key] for key in sorted(found)]
