"""One horizon of a validation: how well the score foretold churn so many days ahead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.validation import calibration
from tenure.analytics.validation.intervals import Estimate, wilson
from tenure.analytics.validation.outcomes import (
    DAY,
    Churns,
    Observations,
    churned_within,
    decided,
    standing,
)
from tenure.analytics.validation.policy import ValidationPolicy
from tenure.analytics.validation.ranking import rank
from tenure.analytics.validation.roc import auc_interval

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
DRAW_BUDGET = 40_000_000
"""Observations times draws that a bootstrap may look at; large data needs fewer draws."""


def horizon(
    found: Observations,
    churns: Churns,
    days: int,
    end: datetime,
    green: frozenset[str],
    policy: ValidationPolicy,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Everything the report says about churn within ``days`` days. See ``report``."""
    seen = found.take(decided(found, days, end) & ~np.isnan(found.health))
    churned = churned_within(seen, days)
    return {
        "days": days,
        "observations": len(seen),
        "churned_observations": int(churned.sum()),
        "churned_accounts": len(np.unique(seen.account[churned])),
        "base_rate": _round(churned.mean()) if len(seen) else None,
        **_ordering(100 - seen.health, churned, seen, policy, rng),
        "by_risk": _ordering(seen.risk, churned, seen, policy, rng),
        **_calibrated(seen, churned, days, policy),
        **before(found, churns, days, green, policy),
    }


def _ordering(
    risk: Floats,
    churned: Bools,
    seen: Observations,
    policy: ValidationPolicy,
    rng: np.random.Generator,
) -> dict[str, Any]:
    draws = int(np.clip(DRAW_BUDGET / max(len(seen), 1), 50, policy.bootstrap_draws))
    top = rank(risk, churned, seen.account, rng, top=policy.top_share, draws=draws)
    return {
        "auc": auc_interval(risk, churned, seen.account).to_dict(),
        "pr_auc": top.pr_auc.to_dict(),
        "precision_top_decile": top.precision_top.to_dict(),
        "lift_top_decile": top.lift_top.to_dict(),
    }


def auc_of(found: Observations, days: int, end: datetime) -> tuple[Estimate, Observations, Bools]:
    """AUC of the health score for churn within ``days`` days, with what it was seen on."""
    seen = found.take(decided(found, days, end) & ~np.isnan(found.health))
    churned = churned_within(seen, days)
    return auc_interval(100 - seen.health, churned, seen.account), seen, churned


def _calibrated(
    seen: Observations, churned: Bools, days: int, policy: ValidationPolicy
) -> dict[str, Any]:
    """Calibration on later dates of a curve drawn on earlier ones; empty where impossible."""
    nothing: dict[str, Any] = dict.fromkeys(("calibration_error", "calibration_split"))
    nothing["calibration"] = []
    dates = np.unique(seen.as_of)
    if len(dates) < 3:
        return nothing
    split = dates[len(dates) // 2]
    # The earlier outcomes must be known before the first later score, or they would overlap.
    early, late = seen.as_of + days * DAY <= split, seen.as_of >= split
    enough = policy.calibration_min_churned
    if churned[early].sum() < enough or churned[late].sum() < enough:
        return nothing
    curve = calibration.isotonic(seen.risk[early], churned[early])
    rows = calibration.table(curve(seen.risk[late]), churned[late], policy.calibration_bins)
    return {
        "calibration": rows,
        "calibration_error": _round(calibration.error(rows)),
        "calibration_split": str(np.datetime64(int(split), "us").astype("datetime64[D]")),
    }


def before(
    found: Observations,
    churns: Churns,
    days: int,
    green: frozenset[str],
    policy: ValidationPolicy,
) -> dict[str, Any]:
    """What churned accounts scored ``days`` days before: bands, median, share that was green."""
    rows = standing(found, churns, days, policy.standing_days)
    rows = rows[rows >= 0]
    health, bands = found.health[rows], found.band[rows]
    scored = ~np.isnan(health)
    share = wilson(int(np.isin(bands[scored].astype(str), list(green)).sum()), int(scored.sum()))
    names, counts = np.unique(bands[scored].astype(str), return_counts=True)
    total = int(scored.sum())
    return {
        "green_share": {**share.to_dict(), "n": total},
        "score_distribution_before": [
            {"band": str(b), "n": int(n), "share": round(int(n) / total, 4)}
            for b, n in zip(names, counts, strict=True)
        ],
        "median_health_before": _round(np.median(health[scored])) if total else None,
    }


def _round(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)
