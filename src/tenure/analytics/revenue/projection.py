"""Lifetime value beyond what has been observed: the shifted beta-geometric model on survival.

Fader and Hardie fit the model to the share of one cohort that is left after each renewal. Accounts
of a workspace began at different times, so that share is taken from the Kaplan-Meier curve at whole
months, up to the last month before which enough accounts were still observed. The value is what an
account brings in each month of the horizon, times the share still there at its beginning, net of
the cost to win it. It extrapolates: read it beside the interval of the observed curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from tenure.analytics.revenue.ltv import Economics
from tenure.analytics.revenue.survival import ShiftedBetaGeometric, fit_sbg, kaplan_meier

LEAST_AT_RISK = 20
"""Accounts that must still be observed for a month of the curve to be fitted to."""


@dataclass(frozen=True)
class Projection:
    """A fitted model and the value within ``horizon_months``; curves from month 0, one a month."""

    alpha: float
    beta: float
    fitted_months: int
    horizon_months: int
    expected_months: float
    ltv_minor: float
    observed: tuple[float, ...]
    fitted: tuple[float, ...]

    @property
    def later_churn(self) -> float:
        """Share of those still there after the last month fitted that the model loses by the
        horizon: next to nothing means that it sees no churn any more."""
        last, end = self.fitted[self.fitted_months], self.fitted[self.horizon_months - 1]
        return max(0.0, 1 - end / last) if last else 0.0

    @property
    def worst_gap(self) -> float:
        """The largest difference between the observed and the fitted share."""
        pairs = zip(self.observed, self.fitted, strict=False)
        return max(abs(seen - told) for seen, told in pairs)

    def to_dict(self) -> dict[str, object]:
        """All fields, the worst gap and the later churn."""
        return asdict(self) | {"worst_gap": self.worst_gap, "later_churn": self.later_churn}


def monthly_survival(
    months: Sequence[float], lost: Sequence[bool], least: int = LEAST_AT_RISK
) -> list[float]:
    """Share still there after 0, 1, 2, ... whole months, while ``least`` accounts are observed.

    >>> monthly_survival([0.5, 2.0, 3.0, 3.0], [True, False, False, True], least=2)
    [1.0, 0.75, 0.75, 0.375]
    """
    time = np.asarray(months, float)
    points = kaplan_meier(months, lost)
    shares, level, place = [], 1.0, 0
    for month in range(int(time.max(initial=0)) + 1):
        if (time >= month).sum() < least:
            break
        while place < len(points) and points[place].time <= month:
            level, place = points[place].survival, place + 1
        shares.append(level)
    return shares


def project(
    months: Sequence[float], lost: Sequence[bool], economics: Economics, horizon: int
) -> Projection | None:
    """The projection; None where there are too few months or losses to fit one."""
    observed = monthly_survival(months, lost)
    try:
        model = fit_sbg([len(months) * share for share in observed])
    except ValueError:
        return None
    return _told(model, observed, economics, horizon)


def _told(
    model: ShiftedBetaGeometric, observed: list[float], economics: Economics, horizon: int
) -> Projection:
    fitted = [model.survival(t) for t in range(max(horizon, len(observed)))]
    stays = sum(fitted[:horizon])
    monthly = economics.arpa_minor * economics.gross_margin
    return Projection(
        model.alpha,
        model.beta,
        len(observed) - 1,
        horizon,
        stays,
        monthly * stays - economics.cac_minor,
        tuple(observed),
        tuple(fitted),
    )
