"""How long customers stay: the Kaplan-Meier estimate, and the shifted beta-geometric model.

Kaplan and Meier (1958), *Nonparametric estimation from incomplete observations*: the survival at
*t* is the product over the times of loss before or at *t* of ``1 - lost / at risk``. Intervals are
Greenwood's variance on the log(-log) scale (Kalbfleisch and Prentice), so that they stay in 0..1.

Fader and Hardie (2007), *How to project customer retention*: each customer churns at every renewal
with a probability of their own, which is Beta(alpha, beta) distributed over customers. Then
``P(T = 1) = alpha / (alpha + beta)`` and
``P(T = t) = P(T = t - 1) * (beta + t - 2) / (alpha + beta + t - 1)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

import numpy as np

from tenure.analytics.validation.intervals import Z95


@dataclass(frozen=True)
class SurvivalPoint:
    """Survival just after ``time``, with the numbers behind it."""

    time: float
    at_risk: int
    lost: int
    survival: float
    low: float
    high: float


def kaplan_meier(
    durations: Sequence[float], lost: Sequence[bool], z: float = Z95
) -> list[SurvivalPoint]:
    """One point for each time at which somebody was lost; the others are still there (censored)."""
    time, event = np.asarray(durations, float), np.asarray(lost, bool)
    points: list[SurvivalPoint] = []
    survival, greenwood = 1.0, 0.0
    for t in np.unique(time[event]):
        at_risk, gone = int((time >= t).sum()), int((event & (time == t)).sum())
        survival *= 1 - gone / at_risk
        greenwood += gone / (at_risk * (at_risk - gone)) if at_risk > gone else inf
        low, high = _interval(survival, greenwood, z)
        points.append(SurvivalPoint(float(t), at_risk, gone, survival, low, high))
    return points


def _interval(survival: float, greenwood: float, z: float) -> tuple[float, float]:
    if survival <= 0.0 or greenwood == inf:
        return 0.0, 0.0 if survival <= 0.0 else 1.0
    if survival >= 1.0:
        return 1.0, 1.0
    spread = z * greenwood**0.5 / abs(log(survival))
    return survival ** exp(spread), survival ** exp(-spread)


def restricted_mean(points: Sequence[SurvivalPoint], horizon: float) -> float:
    """Expected time before loss within ``horizon``: the area under the survival curve up to it."""
    area, before, level = 0.0, 0.0, 1.0
    for point in points:
        if point.time >= horizon:
            break
        area += (point.time - before) * level
        before, level = point.time, point.survival
    return area + (horizon - before) * level


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """A fitted sBG; ``log_likelihood`` is per the weights it was fitted with."""

    alpha: float
    beta: float
    log_likelihood: float

    def survival(self, periods: int) -> float:
        """Share still there after ``periods`` renewals: B(alpha, beta + t) / B(alpha, beta).

        >>> round(ShiftedBetaGeometric(1.0, 1.0, 0.0).survival(4), 4)
        0.2
        """
        from scipy.special import betaln

        return float(exp(betaln(self.alpha, self.beta + periods) - betaln(self.alpha, self.beta)))

    def retention(self, period: int) -> float:
        """Share of those who reached ``period - 1`` that renew."""
        return (self.beta + period - 1) / (self.alpha + self.beta + period - 1)


def fit_sbg(alive: Sequence[float]) -> ShiftedBetaGeometric:
    """Maximum likelihood fit to ``alive``: how many are left after 0, 1, 2, ... renewals.

    Raises ValueError when nobody or everybody was lost, or the numbers grow: nothing to fit.
    """
    from scipy.optimize import minimize  # half a second: not for every command that starts
    from scipy.special import betaln

    left = np.asarray(alive, float)
    gone = -np.diff(left)
    if len(left) < 3 or (gone < 0).any() or gone.sum() <= 0 or left[-1] <= 0:
        raise ValueError(
            "a cohort needs at least two renewals, never grows, and has losses and rest"
        )

    def cost(theta: np.ndarray) -> float:
        a, b = np.exp(theta)
        t = np.arange(1, len(left))
        died = betaln(a + 1, b + t - 1) - betaln(a, b)
        stayed = betaln(a, b + len(left) - 1) - betaln(a, b)
        return float(-(gone @ died + left[-1] * stayed))

    best = minimize(cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9})
    alpha, beta = np.exp(best.x)
    return ShiftedBetaGeometric(float(alpha), float(beta), -float(best.fun))
