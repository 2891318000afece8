"""Area under the ROC curve, with an interval that knows repeated observations of one account.

An account scored on twelve dates gives twelve observations that are anything but independent. The
variance is Obuchowski's for clustered data (Biometrics 53, 1997, 567-578), which is DeLong's
(Biometrics 44, 1988, 837-845) when every account is observed once.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation.intervals import NOTHING, Z95, Estimate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def auc(risk: Floats, churned: Bools) -> float | None:
    """Chance that a churned observation has more risk than one that stayed; ties count half.

    None unless both kinds are there.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    cases, controls = int(churned.sum()), int((~churned).sum())
    if not cases or not controls:
        return None
    ranks = midranks(risk)[churned].sum()
    return float((ranks - cases * (cases + 1) / 2) / (cases * controls))


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(values)])
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(starts + (sizes + 1) / 2, sizes)
    return ranks


def auc_interval(risk: Floats, churned: Bools, accounts: npt.NDArray[np.int64]) -> Estimate:
    """The area with its 95 % interval, on the logit scale so that it stays within 0 and 1.

    ``accounts`` numbers the account of each observation. No interval where fewer than two accounts
    churned or stayed, or where the order is perfect.
    """
    area = auc(risk, churned)
    if area is None:
        return NOTHING
    variance = auc_variance(risk, churned, accounts)
    if variance is None or not 0 < area < 1:
        return Estimate(area)
    logit = log(area / (1 - area))
    spread = Z95 * sqrt(variance) / (area * (1 - area))
    return Estimate(area, _expit(logit - spread), _expit(logit + spread))


def auc_difference(
    risk: Floats, other: Floats, churned: Bools, accounts: npt.NDArray[np.int64]
) -> Estimate:
    """Area of ``other`` less that of ``risk`` on the same observations, with its 95 % interval.

    The two areas hang together, as they rank the same accounts: the components of one are taken
    from those of the other (DeLong 1988) before the variance over accounts (Obuchowski 1997).

    >>> one, churned = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    >>> auc_difference(one, one, churned, np.arange(4)).to_dict()
    {'value': 0.0, 'low': 0.0, 'high': 0.0}
    """
    cases, controls = int(churned.sum()), int((~churned).sum())
    if not cases or not controls:
        return NOTHING
    area, components = _components(risk, churned, cases, controls)
    area_other, components_other = _components(other, churned, cases, controls)
    difference = area_other - area
    variance = _clustered(components_other - components - difference, churned, accounts)
    if variance is None:
        return Estimate(difference)
    spread = Z95 * sqrt(variance)
    return Estimate(difference, difference - spread, difference + spread)


def auc_variance(risk: Floats, churned: Bools, accounts: npt.NDArray[np.int64]) -> float | None:
    """Obuchowski's variance of the area; None where it cannot be told."""
    cases, controls = int(churned.sum()), int((~churned).sum())
    if cases == 0 or controls == 0:
        return None
    area, components = _components(risk, churned, cases, controls)
    return _clustered(components - area, churned, accounts)


def _clustered(centred: Floats, churned: Bools, accounts: npt.NDArray[np.int64]) -> float | None:
    """The variance over accounts of the mean of components, given less their mean."""
    cases, controls = int(churned.sum()), int((~churned).sum())
    _, cluster = np.unique(accounts, return_inverse=True)
    groups = int(cluster.max()) + 1
    # Sums over each account of (component - area), apart for its churned and its other rows.
    of_cases = np.bincount(cluster[churned], centred[churned], groups)
    of_controls = np.bincount(cluster[~churned], centred[~churned], groups)
    with_cases = len(np.unique(cluster[churned]))
    with_controls = len(np.unique(cluster[~churned]))
    if with_cases < 2 or with_controls < 2:
        return None
    first = with_cases / (with_cases - 1) * (of_cases**2).sum() / cases**2
    second = with_controls / (with_controls - 1) * (of_controls**2).sum() / controls**2
    both = groups / (groups - 1) * (of_cases * of_controls).sum() / (cases * controls)
    return float(max(first + second + 2 * both, 0.0))


def _components(risk: Floats, churned: Bools, cases: int, controls: int) -> tuple[float, Floats]:
    """The area and each observation's structural component (DeLong's V10 and V01)."""
    ranks, components = midranks(risk), np.empty(len(risk))
    components[churned] = (ranks[churned] - midranks(risk[churned])) / controls
    components[~churned] = 1 - (ranks[~churned] - midranks(risk[~churned])) / cases
    return float(components[churned].mean()), components


def _expit(value: float) -> float:
    return 1 / (1 + exp(-value))
