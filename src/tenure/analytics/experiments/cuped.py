"""Less noise from what was known before: CUPED."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tenure.analytics.experiments.sample import Sample, of_values


@dataclass(frozen=True)
class Adjusted:
    """The arms after adjustment, its slope, and the share of variance that went."""

    arms: tuple[tuple[str, Sample], ...]
    slope: float
    reduction: float


def cuped(values: Mapping[str, Any], before: Mapping[str, Any]) -> Adjusted:
    """The metric of each arm, freed of what its covariate ``before`` the start foretold.

    y - slope * (x - mean of all x), slope = cov(y, x) / var(x) pooled within arms, so that the
    effect does not leak into it (Deng, Xu, Kohavi and Walker, "Improving the Sensitivity of Online
    Controlled Experiments by Utilizing Pre-Experiment Data", WSDM 2013, eq. 4). The variance falls
    by the square of their correlation. The covariate must have been settled before assignment;
    anything later may carry the effect, and removing it would hide what is sought.

    >>> told = cuped({"a": [1, 2, 3], "b": [3, 4, 5]}, {"a": [1, 2, 3], "b": [1, 2, 3]})
    >>> [(name, arm.mean, arm.variance) for name, arm in told.arms], told.slope, told.reduction
    ([('a', 2.0, 0.0), ('b', 4.0, 0.0)], 1.0, 1.0)
    """
    if set(values) != set(before):
        raise ValueError("metric and covariate have different arms")
    y = {name: np.asarray(v, dtype=float) for name, v in values.items()}
    x = {name: np.asarray(before[name], dtype=float) for name in y}
    if any(y[name].shape != x[name].shape for name in y):
        raise ValueError("metric and covariate have different lengths")
    if not all(np.isfinite(v).all() for v in x.values()):
        raise ValueError("the covariate holds values that are no finite numbers")
    xy = sum(_product(x[name], y[name]) for name in y)
    xx = sum(_product(x[name], x[name]) for name in y)
    yy = sum(_product(y[name], y[name]) for name in y)
    slope = xy / xx if xx > 0 else 0.0
    center = float(np.concatenate(list(x.values())).mean())
    arms = tuple((name, _plain(y[name] - slope * (x[name] - center))) for name in y)
    return Adjusted(arms, slope, slope * xy / yy if yy > 0 else 0.0)


def _product(left: Any, right: Any) -> float:
    return float(((left - left.mean()) * (right - right.mean())).sum()) if left.size else 0.0


def _plain(values: Any) -> Sample:
    """The sample of adjusted numbers: no longer yes or no, even where they happen to be 0 and 1."""
    told = of_values(values)
    return Sample(told.n, told.mean, told.variance)
