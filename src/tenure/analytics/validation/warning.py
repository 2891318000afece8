"""Lead time: how long before its churn an account was warned of, without a break."""

from __future__ import annotations

from typing import Any

import numpy as np

from tenure.analytics.validation.intervals import wilson
from tenure.analytics.validation.outcomes import DAY, Churns, Observations
from tenure.analytics.validation.policy import ValidationPolicy


def lead_time(found: Observations, churns: Churns, policy: ValidationPolicy) -> dict[str, Any]:
    """Of churned accounts that were scored before: share warned of, and how early.

    ``median_days``: from the first score of the unbroken run of warnings that led up to the churn.
    ``first_flag_median_days``: from the first warning of all in the look-back, even if it was
    withdrawn in between (which flatters a score that warns at random).
    """
    flagged = np.isin(found.risk_level.astype(str), list(policy.flagged_levels))
    order = np.lexsort((found.as_of, found.account))
    starts = np.searchsorted(found.account[order], churns.account, side="left")
    stops = np.searchsorted(found.account[order], churns.account, side="right")
    unbroken: list[float] = []
    first: list[float] = []
    seen = 0
    for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        rows = order[start:stop]
        age = (churns.at[i] - found.as_of[rows]) / DAY
        rows, age = _inside(rows, age, policy.lookback_days)
        if not len(rows):
            continue
        seen += 1
        _collect(flagged[rows], age, unbroken, first)
    return {
        "churned_scored": seen,
        "flagged": len(unbroken),
        "share_flagged": wilson(len(unbroken), seen).to_dict(),
        "median_days": _median(unbroken),
        "first_flag_share": wilson(len(first), seen).to_dict(),
        "first_flag_median_days": _median(first),
        "levels": list(policy.flagged_levels),
        "lookback_days": policy.lookback_days,
    }


def _inside(rows: Any, age: Any, lookback: int) -> tuple[Any, Any]:
    near = (age >= 0) & (age <= lookback)
    return rows[near], age[near]


def _collect(flags: Any, age: Any, unbroken: list[float], first: list[float]) -> None:
    if flags.any():
        first.append(float(age[np.argmax(flags)]))
    if flags[-1]:
        calm = np.flatnonzero(~flags)
        unbroken.append(float(age[calm[-1] + 1 if len(calm) else 0]))


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None
