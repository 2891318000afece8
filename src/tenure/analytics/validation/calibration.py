"""Calibration: of ten accounts said to churn with 30 %, do three?

A risk of 0 to 100 is an order, not a probability. It is turned into one by isotonic regression
(pool adjacent violators; Ayer et al., Annals of Mathematical Statistics 26, 1955) on the *earlier*
dates, and judged on the *later* ones: no observation is judged by a curve it helped to draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation.intervals import wilson

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Isotonic:
    """A rising step-and-line curve from risk to probability."""

    knots: Floats
    values: Floats

    def __call__(self, risk: Floats) -> Floats:
        """Probability for each risk, straight between knots, flat beyond."""
        return np.asarray(np.interp(risk, self.knots, self.values))


def isotonic(risk: Floats, churned: Bools) -> Isotonic:
    """The rising curve with the least squared error.

    >>> isotonic(np.array([1.0, 2, 3, 4]), np.array([False, True, False, True])).values.tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    knots, inverse, counts = np.unique(risk, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, churned.astype(float)) / counts
    blocks: list[list[float]] = []  # mean, weight, number of knots
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        blocks.append([mean, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            _merge(blocks)
    values = np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])
    return Isotonic(knots, values)


def sigmoid(chance: Floats, churned: Bools) -> Isotonic:
    """The rising curve 1 / (1 + exp(-(a * logit + b))) of a raw ``chance``, as knots.

    For few churned observations: steps of their own would only repeat their noise (Platt,
    "Probabilistic Outputs for Support Vector Machines", 1999, with his targets that are never
    quite 0 or 1).

    >>> churned = np.array([False, False, True, True] * 50)
    >>> curve = sigmoid(np.array([0.1, 0.2, 0.8, 0.9] * 50), churned)
    >>> bool(curve(np.array([0.1]))[0] < 0.05 < 0.95 < curve(np.array([0.9]))[0])
    True
    """
    from scipy.optimize import minimize  # half a second: not for every command that starts
    from scipy.special import expit

    hits, misses = int(churned.sum()), int((~churned).sum())
    target = np.where(churned, (hits + 1) / (hits + 2), 1 / (misses + 2))
    line = _logit(chance)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, shift = parameters
        asked = slope * line + shift
        off = expit(asked) - target
        value = float((np.logaddexp(0, asked) - target * asked).mean())
        return value, np.array([(off * line).mean(), off.mean()])

    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)]
    )
    knots = np.linspace(0, 1, 1001)
    return Isotonic(knots, expit(found.x[0] * _logit(knots) + found.x[1]))


def _logit(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def _merge(blocks: list[list[float]]) -> None:
    last, before = blocks.pop(), blocks[-1]
    weight = before[1] + last[1]
    before[0] = (before[0] * before[1] + last[0] * last[1]) / weight
    before[1], before[2] = weight, before[2] + last[2]


def table(predicted: Floats, churned: Bools, bins: int = 10) -> list[dict[str, Any]]:
    """Observations in ``bins`` groups of about equal size by what was predicted, never splitting
    equal predictions: predicted and observed share, with Wilson's interval."""
    order = np.argsort(predicted, kind="stable")
    ordered, outcome = predicted[order], churned[order]
    rows = []
    for start, end in _cuts(ordered, bins):
        share = wilson(int(outcome[start:end].sum()), end - start)
        rows.append(
            {
                "bin_low": round(float(ordered[start]), 4),
                "bin_high": round(float(ordered[end - 1]), 4),
                "n": end - start,
                "predicted": round(float(ordered[start:end].mean()), 4),
                **{"observed" if k == "value" else k: v for k, v in share.to_dict().items()},
            }
        )
    return rows


def _cuts(ordered: Floats, bins: int) -> list[tuple[int, int]]:
    size = len(ordered)
    edges = {0, size}
    for number in range(1, bins):
        edges.add(int(np.searchsorted(ordered, ordered[size * number // bins], side="left")))
    cuts = sorted(edges)
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def error(rows: list[dict[str, Any]]) -> float | None:
    """Expected calibration error: mean distance of predicted and observed, weighted by size."""
    total = sum(row["n"] for row in rows)
    if not total:
        return None
    return sum(row["n"] * abs(row["predicted"] - row["observed"]) for row in rows) / total
