"""Area under the ROC curve, with an interval that knows repeated observations of one account.

An account scored on twelve dates gives twelve observations that are anything but independent. The
variance is Obuchowski's for clustered data (Biometrics 53, 1997, 567-578), which is DeLong's
(Biometrics 44, 1988, 837-845) when every account is observed once.

With ``within`` only pairs of one stratum (a date, say) are compared: the area is the share of such
pairs in the right order. Where churn comes and goes by the season, what merely tells dates apart
then orders nothing. Each observation's component weighs as many pairs as it stands in; with a
single stratum these are the formulas above.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation.intervals import NOTHING, Z95, Estimate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_Small = npt.NDArray[Any]


def auc(risk: Floats, churned: Bools, within: Ints | None = None) -> float | None:
    """Chance that a churned observation has more risk than one that stayed; ties count half.

    Of pairs that agree in ``within`` alone, where it is given. None unless there is such a pair.

    >>> auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    >>> auc(np.array([1.0, 2.0, 9.0, 8.0]), np.array([False, True, False, True]),
    ...     np.array([0, 0, 1, 1]))
    0.5
    """
    pairs = _pairs(churned, within)
    if pairs is None:
        return None
    # A case is ranked above the cases below it, too: those ranks are taken off again.
    ranks = midranks(risk, pairs.strata)[churned].sum()
    cases = np.bincount(pairs.stratum[churned]).astype(np.float64)
    return float((ranks - (cases * (cases + 1) / 2).sum()) / pairs.total)


def midranks(values: Floats, within: _Small | None = None) -> Floats:
    """Ranks from 1 (in each stratum of ``within``), ties sharing the mean of theirs."""
    if not len(values):
        return np.empty(0)
    order = np.argsort(values, kind="stable")
    fresh = np.zeros(len(values), dtype=bool)
    fresh[0] = True
    if within is not None:
        strata = within[order]
        order = order[np.argsort(strata, kind="stable")]
        strata = within[order]
        fresh[1:] = strata[1:] != strata[:-1]
    ordered = values[order]
    starts = np.flatnonzero(fresh | np.r_[True, ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(values)])
    found = np.repeat(starts + (sizes + 1) / 2, sizes)
    if within is not None:
        found -= np.flatnonzero(fresh)[np.cumsum(fresh) - 1]
    ranks = np.empty(len(values))
    ranks[order] = found
    return ranks


def auc_interval(
    risk: Floats, churned: Bools, accounts: Ints, within: Ints | None = None
) -> Estimate:
    """The area with its 95 % interval, on the logit scale so that it stays within 0 and 1.

    ``accounts`` numbers the account of each observation. No interval where fewer than two accounts
    churned or stayed, or where the order is perfect.
    """
    pairs = _pairs(churned, within)
    if pairs is None:
        return NOTHING
    area, components = _area(risk, churned, pairs)
    variance = _clustered(components - area, churned, accounts, pairs)
    if variance is None or not 0 < area < 1:
        return Estimate(area)
    logit = log(area / (1 - area))
    spread = Z95 * sqrt(variance) / (area * (1 - area))
    return Estimate(area, _expit(logit - spread), _expit(logit + spread))


def auc_difference(
    risk: Floats, other: Floats, churned: Bools, accounts: Ints, within: Ints | None = None
) -> Estimate:
    """Area of ``other`` less that of ``risk`` on the same observations, with its 95 % interval.

    The two areas hang together, as they rank the same accounts: the components of one are taken
    from those of the other (DeLong 1988) before the variance over accounts (Obuchowski 1997).

    >>> one, churned = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    >>> auc_difference(one, one, churned, np.arange(4)).to_dict()
    {'value': 0.0, 'low': 0.0, 'high': 0.0}
    """
    pairs = _pairs(churned, within)
    if pairs is None:
        return NOTHING
    area, components = _area(risk, churned, pairs)
    area_other, components_other = _area(other, churned, pairs)
    difference = area_other - area
    centred = components_other - components - difference
    variance = _clustered(centred, churned, accounts, pairs)
    if variance is None:
        return Estimate(difference)
    spread = Z95 * sqrt(variance)
    return Estimate(difference, difference - spread, difference + spread)


def auc_variance(risk: Floats, churned: Bools, accounts: Ints) -> float | None:
    """Obuchowski's variance of the area; None where it cannot be told."""
    pairs = _pairs(churned, None)
    if pairs is None:
        return None
    area, components = _area(risk, churned, pairs)
    return _clustered(components - area, churned, accounts, pairs)


@dataclass(frozen=True)
class _Pairs:
    """The stratum of each observation (numbered from 0), how many of the other kind it is held
    against there, the number of pairs in all, and whether there is but one stratum."""

    stratum: _Small
    against: Floats
    total: float
    one: bool

    @property
    def strata(self) -> _Small | None:
        """The strata to rank within; None where there is but one."""
        return None if self.one else self.stratum

    @property
    def weights(self) -> Floats:
        """Share of all pairs in which an observation stands; of each kind they add up to 1."""
        return self.against / self.total


def _pairs(churned: Bools, within: Ints | None) -> _Pairs | None:
    if within is None:
        stratum = np.zeros(len(churned), dtype=np.uint16)
    else:
        numbers = np.unique(within, return_inverse=True)[1]
        # Small integers are sorted by their digits, many times as fast.
        small = len(numbers) and numbers.max() < np.iinfo(np.uint16).max
        stratum = numbers.astype(np.uint16 if small else np.int64)
    many = int(stratum.max()) + 1 if len(stratum) else 0
    cases = np.bincount(stratum[churned], minlength=many).astype(np.float64)
    controls = np.bincount(stratum[~churned], minlength=many).astype(np.float64)
    total = float(cases @ controls)
    if not total:
        return None
    against = np.where(churned, controls[stratum], cases[stratum])
    return _Pairs(stratum, against, total, many == 1)


def _area(risk: Floats, churned: Bools, pairs: _Pairs) -> tuple[float, Floats]:
    """The area and each observation's structural component (DeLong's V10 and V01)."""
    everyone, strata = midranks(risk, pairs.strata), pairs.strata
    among = np.empty(len(risk))
    for kind in (churned, ~churned):
        among[kind] = midranks(risk[kind], None if strata is None else strata[kind])
    beaten = everyone - among  # of the other kind, ties counting half
    with np.errstate(divide="ignore", invalid="ignore"):
        share = beaten / pairs.against
    components = np.where(pairs.against > 0, np.where(churned, share, 1 - share), 0.0)
    return float(pairs.weights[churned] @ components[churned]), components


def _clustered(centred: Floats, churned: Bools, accounts: Ints, pairs: _Pairs) -> float | None:
    """The variance over accounts of the weighted mean of components, given less their mean."""
    counted = pairs.against > 0
    _, cluster = np.unique(accounts, return_inverse=True)
    groups = int(cluster.max()) + 1
    weighed = centred * pairs.weights
    # Sums over each account of weight * (component - area), apart for churned and other rows.
    of_cases = np.bincount(cluster[churned], weighed[churned], groups)
    of_controls = np.bincount(cluster[~churned], weighed[~churned], groups)
    with_cases = len(np.unique(cluster[churned & counted]))
    with_controls = len(np.unique(cluster[~churned & counted]))
    if with_cases < 2 or with_controls < 2:
        return None
    first = with_cases / (with_cases - 1) * (of_cases**2).sum()
    second = with_controls / (with_controls - 1) * (of_controls**2).sum()
    both = groups / (groups - 1) * (of_cases * of_controls).sum()
    return float(max(first + second + 2 * both, 0.0))


def _expit(value: float) -> float:
    return 1 / (1 + exp(-value))
