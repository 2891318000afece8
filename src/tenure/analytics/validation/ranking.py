"""How good the top of the list is: PR AUC, precision and lift in the top share, with intervals.

Observations with equal risk share their place: what the top tenth holds of them is what it would
hold on average if they were shuffled. Intervals come from a bootstrap over accounts (not over
observations, which repeat accounts), with Poisson weights so that one sort serves every draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation.intervals import NOTHING, Estimate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ranking:
    """PR AUC (average precision), precision in the top share, and its ratio to the base rate."""

    pr_auc: Estimate
    precision_top: Estimate
    lift_top: Estimate


@dataclass(frozen=True)
class _Ordered:
    """Observations from most to least risk, and where each group of equal risk ends."""

    churned: Floats
    accounts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def rank(
    risk: Floats,
    churned: Bools,
    accounts: npt.NDArray[np.int64],
    rng: np.random.Generator,
    *,
    top: float = 0.1,
    draws: int = 400,
) -> Ranking:
    """All three numbers; NOTHING where no observation churned."""
    if not churned.any():
        return Ranking(NOTHING, NOTHING, NOTHING)
    ordered = _order(risk, churned, accounts)
    point = _measure(ordered, np.ones(len(risk)), top)
    samples = _bootstrap(ordered, top, draws, rng)
    low, high = np.percentile(samples, [2.5, 97.5], axis=0) if len(samples) > 1 else (None, None)
    return Ranking(*(_estimate(i, point, low, high) for i in range(3)))


def _estimate(index: int, point: Floats, low: Floats | None, high: Floats | None) -> Estimate:
    if low is None or high is None:
        return Estimate(float(point[index]))
    return Estimate(float(point[index]), float(low[index]), float(high[index]))


def _order(risk: Floats, churned: Bools, accounts: npt.NDArray[np.int64]) -> _Ordered:
    order = np.argsort(-risk, kind="stable")
    falling = risk[order]
    ends = np.flatnonzero(np.r_[falling[1:] != falling[:-1], True])
    _, numbers = np.unique(accounts, return_inverse=True)
    return _Ordered(churned[order].astype(float), numbers[order], ends)


def _measure(ordered: _Ordered, weights: Floats, top: float) -> Floats:
    seen = np.cumsum(weights)[ordered.ends]
    hits = np.cumsum(weights * ordered.churned)[ordered.ends]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(seen > 0, hits / seen, 0)
        # Average precision: precision at each threshold, weighted by the recall it adds.
        pr_auc = (np.diff(hits, prepend=0) * precision).sum() / hits[-1]
        size = top * seen[-1]
        in_top = np.interp(size, np.r_[0, seen], np.r_[0, hits]) / size
        return np.array([pr_auc, in_top, in_top / (hits[-1] / seen[-1])])


def _bootstrap(ordered: _Ordered, top: float, draws: int, rng: np.random.Generator) -> Floats:
    groups = int(ordered.accounts.max()) + 1
    samples = []
    for _ in range(draws):
        weights = rng.poisson(1.0, groups)[ordered.accounts].astype(float)
        if (weights * ordered.churned).any():
            samples.append(_measure(ordered, weights, top))
    return np.array(samples)
