"""Drift: how far accounts of today are from those that were learned on.

The population stability index of a signal is the sum over bins of (now - then) * ln(now / then) of
the shares in each; bins are quantiles of then, and missing is a bin of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.policy import Drift

Matrix = npt.NDArray[np.float32]
Kept = dict[str, Any]


def ground(rows: Matrix, features: Sequence[Feature], policy: Drift) -> dict[str, Kept]:
    """Bins and shares of each feature, as kept beside a model."""
    found = {}
    for index, feature in enumerate(features):
        column = rows[:, index].astype(np.float64)
        known = column[~np.isnan(column)]
        steps = np.linspace(0, 1, policy.bins + 1)[1:-1]
        edges = np.unique(np.quantile(known, steps)) if len(known) else np.array([])
        found[feature.name] = {"edges": edges.tolist(), "shares": _shares(column, edges)}
    return found


def index(
    rows: Matrix, features: Sequence[Feature], kept: Mapping[str, Kept], policy: Drift
) -> list[dict[str, Any]]:
    """The index of each feature, the most drifted first."""
    found = []
    for number, feature in enumerate(features):
        if feature.name not in kept or not len(rows):
            continue
        then = kept[feature.name]
        now = _shares(rows[:, number].astype(np.float64), np.array(then["edges"]))
        value = psi(then["shares"], now, policy.floor)
        state = "drifted" if value >= policy.drifted else "watch" if value >= policy.watch else "ok"
        found.append({"feature": feature.name, "psi": round(value, 4), "state": state})
    return sorted(found, key=lambda f: -f["psi"])


def psi(then: Sequence[float], now: Sequence[float], floor: float) -> float:
    """The population stability index of two lists of shares.

    >>> round(psi([0.5, 0.5], [0.6, 0.4], 0.001), 4)
    0.0405
    """
    a, b = (np.maximum(np.asarray(x, dtype=np.float64), floor) for x in (then, now))
    return float(((b - a) * np.log(b / a)).sum())


def _shares(column: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]) -> list[float]:
    if not len(column):
        return [0.0] * (len(edges) + 2)
    missing = np.isnan(column)
    # A value on an edge belongs to the bin below it, as a quantile is reached by its share.
    spots = np.searchsorted(edges, column[~missing], side="left")
    counts = [*np.bincount(spots, minlength=len(edges) + 1), int(missing.sum())]
    return [round(float(c) / len(column), 6) for c in counts]
