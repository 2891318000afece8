"""The effect as a share of control: ten per cent more, or fewer."""

from __future__ import annotations

import math

from tenure.analytics.experiments.difference import Difference
from tenure.analytics.experiments.sample import Sample


def relative_uplift(control: Sample, treated: Sample, critical: float) -> Difference | None:
    """m1 / m0 - 1, give or take ``critical`` standard errors by the delta method.

    Var(m1/m0) = s1^2 / (n1 m0^2) + m1^2 s0^2 / (n0 m0^4) (Deng, Knoblich and Lu, KDD 2018, eq. 4,
    for arms that are independent). None where control is not clearly above 0, as a ratio to
    something that may be 0 has no such interval. For 100 of 1,000 against 120 of 1,000 by hand:
    variance 0.12 * 0.88 / 999 / 0.01 + 0.0144 * 0.1 * 0.9 / 999 / 0.0001 = 0.023544, error 0.15344.

    >>> from tenure.analytics.experiments.sample import of_counts
    >>> up = relative_uplift(of_counts(100, 1000), of_counts(120, 1000), 1.0)
    >>> round(up.value, 4), round(up.high - up.value, 5)
    (0.2, 0.15344)
    """
    if control.mean - critical * control.error <= 0:
        return None
    ratio = treated.mean / control.mean
    spread = critical * math.hypot(treated.error, ratio * control.error) / control.mean
    return Difference(ratio - 1, ratio - 1 - spread, ratio - 1 + spread)
