"""From signal scores to points: weights, missing data, and a sum that is exact.

A dimension counts with its published weight as long as one of its signals has data; within it the
signals that have data share that weight in proportion. Dimensions without any data drop out and the
others share the whole in proportion. So, with W a dimension's weight, w a signal's weight in it and
s its score (0 to 100):

    share  = (W / sum of W with data) * (w / sum of w with data in the dimension)
    health = sum of share * s
    coverage = sum of W/100 * w/100 over the signals that have data

Points are kept in hundredths and rounded *cumulatively*: each lies within 0.01 of share * s, and
their sum is exactly the health.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """Per account (row) and signal (column): score, share of the whole, and points."""

    scores: Floats
    shares: Floats
    points: Floats
    max_points: Floats
    health: Floats
    coverage: Floats


def contributions(
    scores: Floats, dimensions: npt.NDArray[np.int64], outer: Floats, inner: Floats
) -> Contributions:
    """The health of every row of ``scores`` (NaN: missing).

    ``dimensions`` numbers the dimension of each column from 0; ``outer`` and ``inner`` are the
    weights of the dimension and, within it, of the signal: one row for all, or one per account.
    """
    there = ~np.isnan(scores)
    outer, inner = np.broadcast_to(outer, scores.shape), np.broadcast_to(inner, scores.shape)
    shares = _shares(there, dimensions, outer, inner)
    points = _exact(shares * np.where(there, scores, 0))
    health = np.round(points.sum(axis=1), 2)
    coverage = np.round((outer * inner * there).sum(axis=1) / 1e4, 4)
    health[~(shares.sum(axis=1) > 0)] = np.nan
    return Contributions(scores, shares, points, _exact(shares * 100), health, coverage)


def _shares(
    there: npt.NDArray[np.bool_], dimensions: npt.NDArray[np.int64], outer: Floats, inner: Floats
) -> Floats:
    present = np.where(there, inner, 0)
    shares = np.zeros(there.shape)
    whole = np.zeros(len(there))
    for number in range(int(dimensions.max()) + 1):
        columns = dimensions == number
        total = present[:, columns].sum(axis=1)
        weight = np.where(total > 0, outer[:, columns][:, 0], 0)
        whole += weight
        divisor = np.where(total > 0, total, 1)
        shares[:, columns] = present[:, columns] / divisor[:, None] * weight[:, None]
    return np.asarray(shares / np.where(whole > 0, whole, 1)[:, None])


def _exact(amounts: Floats) -> Floats:
    """Amounts in hundredths whose running sum is the rounded running sum of the amounts."""
    running = np.round(np.cumsum(amounts, axis=1) * 100)
    return np.asarray(np.round(np.diff(running, axis=1, prepend=0) / 100, 2))
