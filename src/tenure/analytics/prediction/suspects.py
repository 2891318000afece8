"""What looks as if it had been made from what came after: told loudly, and left to a person.

Some truths look like it, too (nobody leaves from a plan of years), so nothing is left out for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.prediction.features import Feature
from tenure.analytics.prediction.panel import Bools, Floats, Panel
from tenure.analytics.prediction.policy import Suspects

NOBODY, EVERYBODY = "nobody", "everybody"
MISSING = "(missing)"


def values_without_contrast(panel: Panel, days: int, policy: Suspects) -> list[dict[str, Any]]:
    """Values with which no account left within ``days``, or none stayed, though by the average at
    least ``least_expected`` accounts should have; the most surprising first.

    Counted in accounts, as the dates of one account tell the same again and again: on one date an
    account is expected to leave by the share of all rows that were followed by churn, and on each
    further one by the churn there was per row. That a signal is missing is a value of it. Counts of
    product events and habits are not looked at: that who does nothing leaves is no surprise, and
    what is done has its own time.
    """
    told = panel.take(panel.decided(days))
    if not len(told):
        return []
    left = told.churn_days < days
    once, more = float(left.mean()), len(np.unique(told.account[left])) / len(told)
    found = []
    for index, feature in enumerate(told.features):
        if feature.part:
            continue
        for name, rows in _values(told.rows[:, index], feature, policy.most_values):
            accounts, dates = np.unique(told.account[rows], return_counts=True)
            gone = len(np.unique(told.account[rows & left]))
            leave = float(np.minimum(once + more * (dates - 1), 1).sum())
            if not gone and leave >= policy.least_expected:
                found.append(_told(feature, name, NOBODY, len(accounts), leave))
            elif gone == len(accounts) and gone - leave >= policy.least_expected:
                found.append(_told(feature, name, EVERYBODY, gone, gone - leave))
    return sorted(found, key=lambda f: -f["expected"])


def _told(feature: Feature, value: str, who: str, accounts: int, expected: float) -> dict[str, Any]:
    return {
        "feature": feature.name,
        "value": value,
        "left": who,
        "accounts": accounts,
        "expected": round(expected, 1),
    }


def _values(
    column: npt.NDArray[np.float32], feature: Feature, most: int
) -> Sequence[tuple[str, Bools]]:
    """Each value, as it is written, with its rows; of a number with many values only whether it
    is known."""
    missing = np.isnan(column)
    codes = np.unique(column[~missing])
    listed = [(MISSING, missing)] if missing.any() else []
    if feature.categories:
        return listed + [(feature.categories[int(c)], column == c) for c in codes]
    if len(codes) <= most:
        return listed + [(f"{c:g}", column == c) for c in codes]
    return [*listed, ("(known)", ~missing)] if listed else []


def too_heavy(shares: Floats, policy: Suspects) -> int | None:
    """The column that takes more of the gain than one should, if any does."""
    top = int(np.argmax(shares)) if len(shares) else 0
    return top if len(shares) > 1 and shares[top] > policy.most_gain else None
