"""MRR movements and cohorts of 1,000,000 subscriptions with 5,000,000 changes, over 36 months.

Against hand-written DuckDB SQL that knows this data (one currency, everything active, no gap short
enough to be bridged) and does the same from the same files. Two questions, as `tenure metrics` and
`tenure cohorts` ask them, each alone and in a process of its own; the ratio is that of both
together. All figures are compared. Wanted: at most 1.3 times as long.

Run: python benchmarks/revenue.py [--scale 0.01] [--dir FOLDER] [--json]
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measure import arguments, child, folder, report_task, show

HERE = Path(__file__)
GOAL = 1.3
FIRST, LAST = date(2023, 1, 1), date(2025, 12, 1)
END = datetime(2026, 1, 1, tzinfo=UTC)
SUBSCRIPTIONS, CHANGES = 1_000_000, 5_000_000
DAY_US = 86_400_000_000
GRACE = 14


def generate(scale: float, root: Path) -> Path:
    """One file of changes: each subscription begins, changes its price some times, and may end."""
    path = root / f"subscriptions-{scale:g}.parquet"
    if path.exists():
        return path
    rng = np.random.default_rng(11)
    count = max(int(SUBSCRIPTIONS * scale), 1000)
    changes = rng.poisson(CHANGES / SUBSCRIPTIONS - 1, count) + 1
    start_us = int(datetime(2022, 7, 1, tzinfo=UTC).timestamp()) * 1_000_000
    span = int(END.timestamp()) * 1_000_000 - start_us
    begun = start_us + rng.integers(0, span, count)
    life = (rng.exponential(500, count) * DAY_US).astype(np.int64) + DAY_US
    ended = np.where(rng.random(count) < 0.6, begun + life, -1)
    ended = np.where(ended >= start_us + span, -1, ended)
    # One account in nine has two: the second begins while the first runs.
    second = np.flatnonzero(np.arange(count) % 10 == 1)
    room = np.where(ended[second - 1] > 0, ended[second - 1], start_us + span) - begun[second - 1]
    shift = begun[second - 1] + (room * rng.random(len(second)) * 0.9).astype(np.int64)
    ended[second] = np.where(ended[second] > 0, ended[second] - begun[second] + shift, -1)
    begun[second] = shift
    ended = np.where(ended >= start_us + span, -1, ended)
    sub = np.repeat(np.arange(count), changes)
    first = np.concatenate([[0], np.cumsum(changes)[:-1]])
    place = np.arange(len(sub)) - np.repeat(first, changes)
    until = np.where(ended > 0, ended, start_us + span)
    within = rng.random(len(sub)) * (until - begun)[sub]
    since = np.where(place == 0, begun[sub], begun[sub] + within.astype(np.int64) + 1)
    order = np.lexsort((since, sub))
    sub, since = sub[order], since[order]
    mrr = rng.lognormal(8.5, 1, len(sub)).astype(np.int64) + 100
    account = np.where(sub % 10 == 1, sub - 1, sub)
    over = np.where(ended > 0, ended, 0)[sub]
    stamp = pa.timestamp("us", tz="UTC")
    table = pa.table(
        {
            "subscription_id": pa.array(sub).cast(pa.string()),
            "account_id": pa.array(account).cast(pa.string()),
            "updated_at": pa.array(since).cast(stamp),
            "received_at": pa.array(since).cast(stamp),
            "started_at": pa.array(begun[sub]).cast(stamp),
            "ended_at": pa.array(over, mask=over == 0).cast(stamp),
            "status": ["active"] * len(sub),
            "plan_id": ["pro"] * len(sub),
            "quantity": pa.array(np.ones(len(sub), dtype=np.int64)),
            "mrr_minor": mrr,
            "currency": ["EUR"] * len(sub),
            "message_id": pa.array(np.arange(len(sub))).cast(pa.string()),
        }
    )
    draft = path.with_suffix(".draft")
    pq.write_table(table, draft, compression="zstd")
    draft.replace(path)
    return path


def _asked(path: Path) -> tuple[Any, dict[str, Any]]:
    import tenure.analytics as ta
    from tenure.analytics.revenue.policy import default_policy

    data = ta.Dataset({"subscriptions": [str(path)]})
    return data, {"policy": default_policy(), "grace_days": GRACE, "known_at": END}


def our_months(path: Path) -> Any:
    """The product's own function."""
    from tenure.analytics.revenue.months import months

    data, rules = _asked(path)
    told = months(data, FIRST, LAST, **rules)
    return _digest([
        (m.month.isoformat(), m.start_minor, m.new_minor, m.reactivation_minor, m.expansion_minor,
         m.contraction_minor, m.churn_minor, m.end_minor)
        for m in told
    ])  # fmt: skip


def our_cohorts(path: Path) -> Any:
    """The product's own function."""
    from tenure.analytics.revenue.cohorts import cohorts

    data, rules = _asked(path)
    told = cohorts(data, FIRST, LAST, **rules)
    return _digest([(c.month.isoformat(), c.age, c.size, c.alive, c.mrr_minor) for c in told])


BY_HAND = """
CREATE TEMP TABLE states AS
WITH spans AS (
  SELECT account_id, mrr_minor AS mrr, updated_at AS since,
         least(coalesce(lead(updated_at) OVER (PARTITION BY subscription_id ORDER BY updated_at),
                        TIMESTAMPTZ '9999-01-01'),
               coalesce(ended_at, TIMESTAMPTZ '9999-01-01')) AS until
  FROM read_parquet('{path}')
),
bounds AS (
  SELECT TIMESTAMPTZ '{first}' + INTERVAL (n) MONTH AS moment, n::INTEGER AS step
  FROM range({steps}) t(n)
)
SELECT account_id, step, sum(mrr)::BIGINT AS mrr, min(since) AS since
FROM spans JOIN bounds ON moment > since AND moment <= until WHERE until > since GROUP BY ALL
"""
OLDER = """
CREATE TEMP TABLE older AS SELECT DISTINCT account_id FROM read_parquet('{path}')
WHERE updated_at < TIMESTAMPTZ '{first}'
"""
MONTHS = """
WITH seen AS (
  SELECT account_id, step, mrr,
         lag(step) OVER w AS before, lag(mrr) OVER w AS was, lead(step) OVER w AS after,
         account_id IN (SELECT account_id FROM older) OR lag(step) OVER w IS NOT NULL AS known
  FROM states WINDOW w AS (PARTITION BY account_id ORDER BY step)
),
moves AS (
  SELECT step - 1 AS step, CASE WHEN before = step - 1 THEN was ELSE 0 END AS s, mrr AS e, known
  FROM seen WHERE step > 0
  UNION ALL
  SELECT step, mrr, 0, true FROM seen WHERE coalesce(after <> step + 1, true) AND step < {last}
)
SELECT step, sum(s)::BIGINT, coalesce(sum(e) FILTER (s = 0 AND NOT known), 0)::BIGINT,
       coalesce(sum(e) FILTER (s = 0 AND known), 0)::BIGINT,
       coalesce(sum(e - s) FILTER (s > 0 AND e > s), 0)::BIGINT,
       coalesce(sum(s - e) FILTER (e > 0 AND e < s), 0)::BIGINT,
       coalesce(sum(s) FILTER (e = 0), 0)::BIGINT, sum(e)::BIGINT
FROM moves GROUP BY step ORDER BY step
"""
COHORTS = """
WITH paying AS (
  SELECT * FROM states WHERE step > 0 AND account_id NOT IN (SELECT account_id FROM older)
),
born AS (SELECT account_id, min(step) AS born FROM paying GROUP BY ALL),
sizes AS (SELECT born, count(*) AS size FROM born GROUP BY ALL),
aged AS (
  SELECT born, step - born AS age, count(*) AS alive, sum(mrr)::BIGINT AS mrr
  FROM paying JOIN born USING (account_id) GROUP BY ALL
)
SELECT s.born, a.age, s.size, coalesce(g.alive, 0), coalesce(g.mrr, 0)::BIGINT
FROM sizes s CROSS JOIN (SELECT unnest(range({steps})) AS age) a
LEFT JOIN aged g ON g.born = s.born AND g.age = a.age
WHERE s.born + a.age < {steps} ORDER BY ALL
"""


STEPS = (LAST.year - FIRST.year) * 12 + LAST.month - FIRST.month + 2


def _states(path: Path) -> Any:
    import duckdb

    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    for text in (BY_HAND, OLDER):
        con.execute(text.format(path=path, first=FIRST.isoformat(), steps=STEPS))
    return con


def months_by_hand(path: Path) -> Any:
    """Three statements written for this data."""
    told = _states(path).execute(MONTHS.format(last=STEPS - 1)).fetchall()
    return _digest([(_month(step), *rest) for step, *rest in told])


def cohorts_by_hand(path: Path) -> Any:
    """Three statements written for this data."""
    told = _states(path).execute(COHORTS.format(steps=STEPS)).fetchall()
    return _digest([(_month(born - 1), age, *rest) for born, age, *rest in told])


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _month(step: int) -> str:
    number = _months(FIRST) + step
    return date(number // 12, number % 12 + 1, 1).isoformat()


def _digest(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    listed = sorted(rows)
    return {"rows": len(listed), "last": list(listed[-1]),
            "digest": hashlib.md5(repr(listed).encode()).hexdigest()}  # fmt: skip


TASKS = {
    "months": our_months, "months_by_hand": months_by_hand,
    "cohorts": our_cohorts, "cohorts_by_hand": cohorts_by_hand,
}  # fmt: skip


def main() -> None:
    options = arguments(__doc__)
    root = folder(options.dir)
    path = generate(options.scale, root)
    if options.task:
        import tenure.analytics  # noqa: F401 - loading it is not what is measured

        report_task(lambda: TASKS[options.task](path))
        return
    options.repeat = max(options.repeat, 2)
    runs = {name: child(str(HERE), name, options, root) for name in TASKS}
    figures: dict[str, Any] = {"changes": pq.read_metadata(path).num_rows}
    for name in ("months", "cohorts"):
        mine, hand = runs[name], runs[f"{name}_by_hand"]
        if mine["answer"] != hand["answer"]:
            raise SystemExit(f"{name} differ: {mine['answer']} and {hand['answer']}")
        figures |= {
            f"{name}: rows": mine["answer"]["rows"],
            f"{name}: ours (s, MB)": f"{mine['seconds']:.2f}, {mine['peak_mb']}",
            f"{name}: by hand (s, MB)": f"{hand['seconds']:.2f}, {hand['peak_mb']}",
            f"{name}: ratio": round(mine["seconds"] / hand["seconds"], 2),
        }
    seconds = {name: run["seconds"] for name, run in runs.items()}
    ratio = (seconds["months"] + seconds["cohorts"]) / (
        seconds["months_by_hand"] + seconds["cohorts_by_hand"]
    )
    figures |= {"ratio": round(ratio, 2), "wanted": f"at most {GOAL}"}
    show("revenue", figures, options.json)
    raise SystemExit(0 if ratio <= GOAL else 1)


if __name__ == "__main__":
    main()
