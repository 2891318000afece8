"""The survival model: the hazard of each interval, learned as one question.

"Survival stacking": Craig, Zhong and Tibshirani, arXiv 2107.13480, 2021; discrete-time hazards
after Singer and Willett, Journal of Educational Statistics 18, 1993.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from tenure.analytics.prediction import booster
from tenure.analytics.prediction.panel import Bools, Floats, Ints, Matrix, Panel, blocks
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.validation.roc import auc_interval


def rows_at_risk(panel: Panel, by: int, policy: PredictionPolicy) -> tuple[Ints, Ints, Bools]:
    """For each interval the rows at risk whose interval is over at ``by``: index of the row, number
    of the interval, whether the account churned in it."""
    ends = list(accumulate(policy.intervals))
    rows, numbers, churned = [], [], []
    for number, (begin, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        at = np.flatnonzero((panel.churn_days >= begin) & panel.decided(end, by))
        rows.append(at)
        numbers.append(np.full(len(at), number))
        churned.append(panel.churn_days[at] < end)
    return np.concatenate(rows), np.concatenate(numbers), np.concatenate(churned)


def fit(panel: Panel, by: int, policy: PredictionPolicy, rng: np.random.Generator) -> str:
    at, number, churned = rows_at_risk(panel, by, policy)
    kept, weights = np.ones(len(at), dtype=bool), None
    if len(at) > policy.most_rows:
        share = max((policy.most_rows - churned.sum()) / max((~churned).sum(), 1), 0.01)
        kept = churned | (rng.random(len(at)) < share)
        weights = np.where(churned[kept], 1.0, 1 / share)
    at, number, churned = at[kept], number[kept], churned[kept]
    rows = np.column_stack([panel.rows[at], number.astype(np.float32)])
    return booster.fit(
        rows,
        churned,
        policy.boosting,
        directions=[*(f.direction for f in panel.features), 0],
        categorical=[i for i, f in enumerate(panel.features) if f.categories],
        weights=weights,
    )


def staying(text: str, rows: Matrix, policy: PredictionPolicy) -> Floats:
    """Chance to be still a customer at the end of each interval: rows by intervals."""
    alive = np.ones(len(rows))
    columns = []
    for number in range(len(policy.intervals)):
        asked = np.column_stack([rows, np.full(len(rows), number, dtype=np.float32)])
        alive = alive * (1 - booster.predict(text, asked))
        columns.append(alive)
    return np.column_stack(columns)


def judged(panel: Panel, policy: PredictionPolicy, rng: np.random.Generator) -> dict[str, Any]:
    """The survival model on the last block, by a model taught before it: how it orders accounts,
    and how many it expected to lose against how many were lost."""
    days = policy.verdict_days
    first, last = blocks(panel, days, policy)[-1]
    text = fit(panel, first, policy, rng)
    test = panel.take((panel.as_of >= first) & (panel.as_of <= last) & panel.decided(days))
    ends = list(accumulate(policy.intervals))
    column = next((i for i, end in enumerate(ends) if end >= days), len(ends) - 1)
    gone = 1 - staying(text, test.rows, policy)[:, column]
    within = test.decided(ends[column])
    churned = test.churn_days < ends[column]
    return {
        "days": ends[column],
        "auc": auc_interval(
            gone[within], churned[within], test.account[within], test.as_of[within]
        ).to_dict(),
        "expected": round(float(gone[within].mean()), 4) if within.any() else None,
        "observed": round(float(churned[within].mean()), 4) if within.any() else None,
        "observations": int(within.sum()),
    }
