"""The interval that fits: of shares or of means, looked at once or watched."""

from __future__ import annotations

import math
from statistics import NormalDist

from tenure.analytics.experiments.difference import (
    Difference,
    by_critical,
    of_means,
    of_proportions,
)
from tenure.analytics.experiments.sample import Sample
from tenure.analytics.experiments.sequential import critical_at


def estimate(control: Sample, treated: Sample, alpha: float, watched: int | None) -> Difference:
    """Treated minus control, with the interval of level 1 - ``alpha``.

    ``watched`` None: one look at the planned end (Newcombe for shares, Welch for means). Else the
    number of units planned in both arms, and the interval holds at every look (see ``sequential``).

    >>> from tenure.analytics.experiments.sample import of_counts
    >>> once = estimate(of_counts(100, 1000), of_counts(140, 1000), 0.05, None)
    >>> daily = estimate(of_counts(100, 1000), of_counts(140, 1000), 0.05, 2000)
    >>> once.low > 0, daily.low > 0
    (True, False)
    """
    if watched is not None:
        return by_critical(control, treated, critical(control, treated, alpha, watched))
    if control.hits is not None and treated.hits is not None:
        return of_proportions(control, treated, alpha)
    return of_means(control, treated, alpha)


def critical(control: Sample, treated: Sample, alpha: float, watched: int | None) -> float:
    """How many standard errors the interval reaches to each side (large samples).

    >>> from tenure.analytics.experiments.sample import of_counts
    >>> round(critical(of_counts(1, 9), of_counts(1, 9), 0.05, None), 2)
    1.96
    """
    if watched is None:
        return NormalDist().inv_cdf(1 - alpha / 2)
    found = critical_at(control.n + treated.n, alpha, watched)
    return found if math.isfinite(found) else math.inf
