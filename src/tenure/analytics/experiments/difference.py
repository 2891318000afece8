"""Treated minus control, with its interval, when looked at once at the planned end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from scipy import stats

from tenure.analytics.experiments.sample import Sample
from tenure.analytics.validation.intervals import wilson


@dataclass(frozen=True)
class Difference:
    """An effect in the metric's own unit, or as a share of control, with its interval."""

    value: float
    low: float
    high: float


def of_proportions(control: Sample, treated: Sample, alpha: float) -> Difference:
    """Difference of two shares, Newcombe's hybrid score interval.

    With (l, u) Wilson's interval of each share: low = d - sqrt((p1 - l1)^2 + (u0 - p0)^2) and high
    = d + sqrt((u1 - p1)^2 + (p0 - l0)^2). R. G. Newcombe, Statistics in Medicine 17 (1998),
    873-890, method 10; his table II gives 56/70 against 48/80 as 0.0524 to 0.3339:

    >>> from tenure.analytics.experiments.sample import of_counts
    >>> d = of_proportions(of_counts(48, 80), of_counts(56, 70), 0.05)
    >>> round(d.value, 4), round(d.low, 4), round(d.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    z = NormalDist().inv_cdf(1 - alpha / 2)
    (p0, l0, u0), (p1, l1, u1) = (_wilson(sample, z) for sample in (control, treated))
    value = p1 - p0
    return Difference(
        value, value - math.hypot(p1 - l1, u0 - p0), value + math.hypot(u1 - p1, p0 - l0)
    )


def _wilson(sample: Sample, z: float) -> tuple[float, float, float]:
    if sample.hits is None or not sample.n:
        raise ValueError("a share needs units that each did it or did not")
    told = wilson(sample.hits, sample.n, z)
    return told.value or 0.0, told.low or 0.0, told.high or 0.0


def of_means(control: Sample, treated: Sample, alpha: float) -> Difference:
    """Difference of two means, Welch's interval (B. L. Welch, Biometrika 34, 1947).

    d +- t(1 - alpha/2; v) * sqrt(s0^2/n0 + s1^2/n1), v by Welch and Satterthwaite. Student's sleep
    data (Cushny and Peebles 1905), for which R's ``t.test`` gives -0.2055 to 3.3655:

    >>> from tenure.analytics.experiments.sample import of_values
    >>> first = of_values([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> second = of_values([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> d = of_means(first, second, 0.05)
    >>> round(d.value, 4), round(d.low, 4), round(d.high, 4)
    (1.58, -0.2055, 3.3655)
    """
    return by_critical(control, treated, _welch_t(control, treated, alpha))


def by_critical(control: Sample, treated: Sample, critical: float) -> Difference:
    """The difference of means, give or take ``critical`` standard errors."""
    value = treated.mean - control.mean
    spread = critical * math.hypot(control.error, treated.error)
    return Difference(value, value - spread, value + spread)


def _welch_t(control: Sample, treated: Sample, alpha: float) -> float:
    if min(control.n, treated.n) < 2:
        raise ValueError("an interval of means needs two units in each arm")
    parts = [sample.variance / sample.n for sample in (control, treated)]
    if not sum(parts):
        return NormalDist().inv_cdf(1 - alpha / 2)  # nothing varies: any factor gives the same
    shares = [part / sum(parts) for part in parts]  # as shares, no square vanishes
    below = sum(f * f / (s.n - 1) for f, s in zip(shares, (control, treated), strict=True))
    return float(stats.t.ppf(1 - alpha / 2, 1 / below))
