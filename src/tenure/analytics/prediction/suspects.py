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

    Counted in accounts, as the dates of one account tell the same again and again. That a signal
    is missing is a value of it.
    """
    told = panel.take(panel.decided(days))
    left = np.zeros(int(panel.account.max()) + 1, dtype=bool)
    left[told.account[told.churn_days < days]] = True
    share = float(left[np.unique(told.account)].mean()) if len(told) else 0.0
    found = []
    for index, feature in enumerate(told.features):
        for name, rows in _values(told.rows[:, index], feature, policy.most_values):
            accounts = np.unique(told.account[rows])
            gone = int((told.churn_days[rows] < days).sum())
            expected = share * len(accounts), (1 - share) * len(accounts)
            if not gone and expected[0] >= policy.least_expected:
                found.append(_told(feature, name, NOBODY, len(accounts), expected[0]))
            elif left[accounts].all() and expected[1] >= policy.least_expected:
                found.append(_told(feature, name, EVERYBODY, len(accounts), expected[1]))
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
