"""A scorecard: each signal in bins, each bin with its weight of evidence, added up by a logistic
regression.

The way credit risk has been scored for decades (Siddiqi, "Credit Risk Scorecards", Wiley 2006). It
has far fewer numbers to learn than trees have and overfits less where few churned. Where it is
declared whether more is better, evidence only goes that way; weights are never negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.panel import Bools, Floats, Ints, Matrix, Panel
from tenure.analytics.prediction.policy import Scorecards
from tenure.analytics.validation import proposing
from tenure.analytics.validation.roc import auc


@dataclass(frozen=True)
class Evidence:
    """Weight of evidence of one column by bin: log odds less those of everybody. A bin reaches up
    to its edge; the last value is of those above all edges, ``missing`` of those without a value.
    Where ``coded``, bins are the codes themselves, and an unknown code is missing."""

    edges: Floats
    values: Floats
    missing: float
    coded: bool = False

    def of(self, column: npt.NDArray[np.float32]) -> Floats:
        """The evidence of each value."""
        known = ~np.isnan(column)
        found = np.full(len(column), self.missing)
        if self.coded:
            codes = np.where(known, column, 0).astype(np.int64)
            known &= codes < len(self.values)
            found[known] = self.values[codes[known]]
        else:
            found[known] = self.values[np.searchsorted(self.edges, column[known], side="left")]
        return found


@dataclass(frozen=True)
class Scorecard:
    """Columns, their evidence and weights; ``middle`` is the mean evidence of those taught."""

    columns: tuple[int, ...]
    evidence: tuple[Evidence, ...]
    weights: Floats
    intercept: float
    middle: Floats

    def predict(self, rows: Matrix) -> Floats:
        """The chance of each row."""
        return expit(self._evidence(rows) @ self.weights + self.intercept)

    def contributions(self, rows: Matrix) -> Floats:
        """What each column adds to the log odds of each row, against an average one."""
        found = np.zeros(rows.shape)
        if len(rows):
            found[:, list(self.columns)] = (self._evidence(rows) - self.middle) * self.weights
        return found

    def importance(self, width: int) -> Floats:
        """Share of each of ``width`` columns in what is added up: weights by spread of evidence."""
        found = np.zeros(width)
        for index, evidence, weight in zip(self.columns, self.evidence, self.weights, strict=True):
            found[index] = weight * float(np.std(evidence.values))
        return found / found.sum() if found.sum() else found

    def _evidence(self, rows: Matrix) -> Floats:
        listed = [e.of(rows[:, i]) for i, e in zip(self.columns, self.evidence, strict=True)]
        return np.column_stack(listed) if listed else np.zeros((len(rows), 0))

    def to_json(self) -> dict[str, Any]:
        """As kept."""
        return {
            "kind": "scorecard",
            "columns": list(self.columns),
            "evidence": [
                [e.edges.tolist(), e.values.tolist(), e.missing, e.coded] for e in self.evidence
            ],
            "weights": self.weights.tolist(),
            "intercept": self.intercept,
            "middle": self.middle.tolist(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Scorecard:
        """The scorecard that was kept."""
        return cls(
            tuple(kept["columns"]),
            tuple(Evidence(np.array(e), np.array(v), m, c) for e, v, m, c in kept["evidence"]),
            np.array(kept["weights"]),
            kept["intercept"],
            np.array(kept["middle"]),
        )


def expit(odds: Floats) -> Floats:
    """The chance of log odds.

    >>> expit(np.array([0.0, -800.0])).tolist()
    [0.5, 0.0]
    """
    small = np.exp(-np.abs(odds))
    return np.asarray(np.where(odds >= 0, 1.0, small) / (1 + small))


def fit(panel: Panel, days: int, policy: Scorecards, rng: np.random.Generator) -> Scorecard:
    """A scorecard of churn within ``days``, from the rows of which it is decided.

    The columns are those that alone tell most clearly; the penalty that thins them out is chosen
    on later dates among them.
    """
    told = _drawn(panel.take(panel.decided(days)), policy.most_rows, rng)
    churned = told.churn_days < days
    evidence = [weigh(told.rows[:, i], churned, f, policy) for i, f in enumerate(told.features)]
    clear = [auc(e.of(told.rows[:, i]), churned) or 0.5 for i, e in enumerate(evidence)]
    chosen = sorted(np.argsort(np.negative(clear), kind="stable")[: policy.most_signals].tolist())
    x = np.column_stack([evidence[i].of(told.rows[:, i]) for i in chosen])
    penalty = _penalty(x, churned, told.as_of, days, policy)
    fitted = proposing.fit(100 * (1 - x), churned, penalty)
    kept = [n for n, weight in enumerate(fitted.weights) if weight > policy.least_weight]
    return Scorecard(
        tuple(chosen[n] for n in kept),
        tuple(evidence[chosen[n]] for n in kept),
        fitted.weights[kept],
        fitted.intercept,
        x[:, kept].mean(axis=0),
    )


def _drawn(panel: Panel, most: int, rng: np.random.Generator) -> Panel:
    """At most about ``most`` rows: accounts are drawn, all their dates come along."""
    if len(panel) <= most:
        return panel
    chosen = rng.random(int(panel.account.max()) + 1) < most / len(panel)
    return panel.take(chosen[panel.account])


def _penalty(x: Floats, churned: Bools, as_of: Ints, days: int, policy: Scorecards) -> float:
    """The penalty that orders later dates best; the middle one where there are too few dates."""
    try:
        inner = proposing.part(as_of, days, policy.inner_share)
    except ValueError:
        return policy.penalties[len(policy.penalties) // 2]
    areas = []
    for penalty in policy.penalties:
        found = proposing.fit(100 * (1 - x[inner.train]), churned[inner.train], penalty)
        later = x[inner.test] @ found.weights
        areas.append(auc(later, churned[inner.test], as_of[inner.test]) or 0.5)
    return policy.penalties[int(np.argmax(areas))]


def weigh(
    column: npt.NDArray[np.float32], churned: Bools, feature: Feature, policy: Scorecards
) -> Evidence:
    """The evidence of a column, drawn towards none where a bin has few rows."""
    known = ~np.isnan(column)
    share = float(np.clip(churned.mean(), 1e-6, 1 - 1e-6))

    def evidence(left: npt.NDArray[Any], total: npt.NDArray[Any]) -> Floats:
        rate = (left + policy.smooth * share) / (total + policy.smooth)
        return np.asarray(np.log(rate / (1 - rate)) - np.log(share / (1 - share)))

    (missing,) = evidence(np.array([churned[~known].sum()]), np.array([(~known).sum()]))
    if feature.categories:
        codes, size = column[known].astype(np.int64), len(feature.categories)
        left = np.bincount(codes, churned[known], size)
        values = evidence(left, np.bincount(codes, minlength=size).astype(float))
        return Evidence(np.array([]), values, float(missing), coded=True)
    steps = np.linspace(0, 1, policy.bins + 1)[1:-1]
    edges = np.unique(np.quantile(column[known], steps)) if known.any() else np.array([])
    bins = np.searchsorted(edges, column[known], side="left")
    total = np.bincount(bins, minlength=len(edges) + 1).astype(float)
    values = evidence(np.bincount(bins, churned[known], len(edges) + 1), total)
    if feature.direction:
        values = _one_way(values, total, feature.direction)
    return Evidence(edges.astype(float), values, float(missing))


def _one_way(values: Floats, total: Floats, direction: int) -> Floats:
    """The nearest values that only rise (or fall, for -1): neighbours that do not are pooled, each
    weighing as many rows as it has."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(direction * values, np.maximum(total, 1e-9), strict=True):
        blocks.append((float(value), float(weight), 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m, k), (b, n, j) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n, k + j)]
    return direction * np.repeat([b[0] for b in blocks], [b[2] for b in blocks])
