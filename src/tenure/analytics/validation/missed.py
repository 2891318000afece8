"""Missed signals: which signals would have told of the churn that looked well.

Every signal is held, alone, against the churn that followed: among all accounts, and among those
that the model called well. What tells among the latter is what the model does not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation.intervals import NOTHING, Estimate
from tenure.analytics.validation.policy import ProposalPolicy
from tenure.analytics.validation.roc import auc_interval

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cohort:
    """Rows of accounts and dates whose outcome is decided: values by signal (NaN: missing), whether
    the account churned within the horizon, whose row it is, its date (microseconds), and whether
    the model called it well."""

    values: Mapping[str, Floats]
    churned: Bools
    account: Ints
    as_of: Ints
    well: Bools

    def __len__(self) -> int:
        return len(self.churned)

    def take(self, rows: Bools) -> Cohort:
        """The rows where ``rows`` holds."""
        values = {name: column[rows] for name, column in self.values.items()}
        return Cohort(
            values, self.churned[rows], self.account[rows], self.as_of[rows], self.well[rows]
        )


@dataclass(frozen=True)
class SignalEvidence:
    """How well one signal alone tells: chance that a churned account stood worse in it than one
    that stayed, among ``all`` and among those that looked ``well``. ``coverage``: share of rows
    that have a value."""

    signal: str
    coverage: float
    all: Estimate
    well: Estimate

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "signal": self.signal,
            "coverage": round(self.coverage, 4),
            "all": self.all.to_dict(),
            "well": self.well.to_dict(),
        }


def telling(
    ground: Cohort, worse: Mapping[str, int], policy: ProposalPolicy
) -> list[SignalEvidence]:
    """Every signal with enough data that tells among the accounts that looked well, the clearest
    first (by the lower end of its interval).

    ``worse``: +1 where more is worse, -1 where less is, 0 where it is not known: such a signal is
    taken in the direction in which it tells.
    """
    found = [_told(ground, name, worse.get(name, 0)) for name in ground.values]
    listed = [t for t in found if t.coverage >= policy.least_coverage and _clear(t.well)]
    return sorted(listed, key=lambda t: -(t.well.low or 0))


def _clear(told: Estimate) -> bool:
    return told.low is not None and told.low > 0.5


def _told(ground: Cohort, name: str, worse: int) -> SignalEvidence:
    column = ground.values[name]
    known = ~np.isnan(column)
    coverage = float(known.mean()) if len(column) else 0.0
    sides = []
    for rows in (known, known & ground.well):
        found = auc_interval(column[rows], ground.churned[rows], ground.account[rows])
        sides.append(_directed(found, worse))
    return SignalEvidence(name, coverage, *sides)


def _directed(found: Estimate, worse: int) -> Estimate:
    if found.value is None:
        return NOTHING
    if worse > 0 or (worse == 0 and found.value >= 0.5):
        return found
    low = None if found.high is None else 1 - found.high
    high = None if found.low is None else 1 - found.low
    return Estimate(1 - found.value, low, high)


def tell_alone(ground: Cohort, columns: Iterable[tuple[str, Floats]]) -> dict[str, Estimate]:
    """Area of each given column of badness alone, over the rows that have it."""
    found = {}
    for name, column in columns:
        rows = ~np.isnan(column)
        found[name] = auc_interval(column[rows], ground.churned[rows], ground.account[rows])
    return found
