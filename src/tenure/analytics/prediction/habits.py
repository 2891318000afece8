"""How an account uses the product against its own habits, as known at a moment.

What is usual differs from account to account: three days of silence say nothing of who comes once
a month, and much of who comes every day but Sundays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import Engine
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.policy import Habits
from tenure.analytics.signals.inputs import PRODUCT

HABIT = "habit"
PARTS: Mapping[str, int] = {
    "week": -1,
    "span": -1,
    "before": 0,
    "days": -1,
    "days_before": 0,
    "share_of_own": -1,
    "recency": 1,
    "missed": 1,
    "people": -1,
    "people_before": 0,
    "people_lost": 1,
}
"""Each part with its direction (see ``features.DIRECTION``)."""
COUNTED = (
    "week",
    "span",
    "before",
    "days",
    "days_before",
    "people",
    "people_before",
    "people_lost",
)


def of_habits() -> list[Feature]:
    """A feature for each part."""
    return [Feature(HABIT, part, direction) for part, direction in PARTS.items()]


def habit_rows(dataset: Dataset, engine: Engine, as_of: datetime, policy: Habits) -> pa.Table:
    """A row per account that used the product within ``back_days`` before ``as_of``:

    - ``week``, ``span``: actions of the last ``week`` and ``span`` days; ``before``: of as many
      days as ``span`` before those; ``days``, ``days_before``: days with any; ``people``,
      ``people_before``: who; ``people_lost``: of those before, who is not among them now
    - ``share_of_own``: the last week against the mean week before; missing without one
    - ``recency``: days since the last; ``missed``: on how many of them it would have come, by how
      often it came on each weekday between its first and its last day
    """
    at, first = micros(as_of), as_of - timedelta(days=policy.back_days)
    today = at // DAY_US
    week, span, both = today - policy.week, today - policy.span, today - 2 * policy.span
    weeks = max((policy.back_days - policy.week) / 7, 1)
    sql = f"""
        WITH e AS (
            SELECT account_id, person_id, timestamp // {DAY_US} AS day, COUNT(*) AS n
            FROM raw_events
            WHERE timestamp < {at} AND received_at < {at} AND timestamp >= {micros(first)}
              AND account_id IS NOT NULL AND event IS NOT NULL AND {PRODUCT}
            GROUP BY ALL
        ),
        d AS (SELECT account_id, day, SUM(n) AS n FROM e GROUP BY ALL),
        a AS (
            SELECT account_id, MIN(day) AS first, MAX(day) AS last,
                SUM(n) FILTER (day >= {week}) AS week,
                SUM(n) FILTER (day < {week}) AS earlier,
                SUM(n) FILTER (day >= {span}) AS span,
                SUM(n) FILTER (day < {span} AND day >= {both}) AS before,
                COUNT(*) FILTER (day >= {span}) AS days,
                COUNT(*) FILTER (day < {span} AND day >= {both}) AS days_before
            FROM d GROUP BY account_id
        ),
        w AS (
            SELECT a.account_id, SUM(
                u.n / (FLOOR((a.last - u.weekday) / 7) - FLOOR((a.first - 1 - u.weekday) / 7))
                * (FLOOR(({today} - 1 - u.weekday) / 7) - FLOOR((a.last - u.weekday) / 7))
            ) AS missed
            FROM a JOIN (
                SELECT account_id, day % 7 AS weekday, COUNT(*) AS n FROM d GROUP BY ALL
            ) AS u USING (account_id)
            GROUP BY a.account_id
        ),
        p AS (
            SELECT account_id, COUNT(*) FILTER (now) AS people,
                COUNT(*) FILTER (earlier) AS people_before,
                COUNT(*) FILTER (earlier AND NOT now) AS people_lost
            FROM (
                SELECT account_id, person_id, BOOL_OR(day >= {span}) AS now,
                    BOOL_OR(day < {span} AND day >= {both}) AS earlier
                FROM e WHERE person_id IS NOT NULL GROUP BY ALL
            ) GROUP BY account_id
        )
        SELECT a.account_id,
            CAST(COALESCE(a.week, 0) AS DOUBLE) AS week,
            CAST(COALESCE(a.span, 0) AS DOUBLE) AS span,
            CAST(COALESCE(a.before, 0) AS DOUBLE) AS before,
            CAST(a.days AS DOUBLE) AS days,
            CAST(a.days_before AS DOUBLE) AS days_before,
            COALESCE(a.week, 0) / NULLIF(a.earlier / {weeks}, 0) AS share_of_own,
            CAST({today} - a.last AS DOUBLE) AS recency,
            CAST(w.missed AS DOUBLE) AS missed,
            CAST(COALESCE(p.people, 0) AS DOUBLE) AS people,
            CAST(COALESCE(p.people_before, 0) AS DOUBLE) AS people_before,
            CAST(COALESCE(p.people_lost, 0) AS DOUBLE) AS people_lost
        FROM a JOIN w USING (account_id) LEFT JOIN p USING (account_id)
    """
    return engine.query(sql, Dataset({"events": dataset.pruned("events", since=first.date())}))


def columns(
    accounts: pa.ChunkedArray, rows: pa.Table | None, features: Sequence[Feature]
) -> dict[str, npt.NDArray[np.float32]]:
    """A column per feature of habits, in the order of ``accounts``: where nothing was done counts
    are 0, everything else is missing."""
    wanted = [f for f in features if f.source == HABIT]
    found = {
        f.name: np.full(len(accounts), 0 if f.part in COUNTED else np.nan, dtype=np.float32)
        for f in wanted
    }
    if rows is None or not rows.num_rows or not wanted:
        return found
    places = pc.index_in(rows["account_id"], accounts.combine_chunks())
    known = pc.is_valid(places)
    at = np.asarray(places.filter(known).to_numpy(), dtype=np.int64)
    for feature in wanted:
        values = rows[feature.part].filter(known).to_numpy()
        found[feature.name][at] = values.astype(np.float32)
    return found
