"""Is the learned model still right? What it says of dates since it was taught, and what came."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np

from tenure.analytics.prediction import drift
from tenure.analytics.validation import calibration
from tenure.analytics.validation.intervals import wilson
from tenure.analytics.validation.roc import auc_difference, auc_interval
from tenure.health.history import signals_of
from tenure.health.learned import models_kept, predicting
from tenure.health.learned.panel import panel, rows_now
from tenure.health.models import LearnedModel
from tenure.health.pipeline import Rules


def watch(row: LearnedModel, *, now: datetime) -> dict[str, Any]:
    """Hold what it says of the dates since it was taught against what happened, and accounts of
    the last week against those that taught it; keep both."""
    row.watch, row.drift, row.watched_at = _since(row, now), _drift(row, now), now
    row.save(update_fields=["watch", "drift", "watched_at"])
    return row.watch


def _drift(row: LearnedModel, now: datetime) -> list[dict[str, Any]]:
    """Over the midnights of a week, as what is done on a Sunday is no drift."""
    loaded, learned = models_kept.taught_with(row), models_kept.read(row)
    midnight = datetime.combine(now.date(), time(), UTC)
    dates = [midnight - timedelta(days=n) for n in range(loaded.drift.dates)]
    names = predicting.signals_of_model(learned)
    rows = [
        rows_now(signals.filter(signals["active"]), list(learned.features), moment, loaded)
        for moment, signals in signals_of(Rules.in_force(), dates, names)
    ]
    return drift.index(np.concatenate(rows), learned.features, row.report["ground"], loaded.drift)


def _since(row: LearnedModel, now: datetime) -> dict[str, Any]:
    history = models_kept.since_taught(row, now)
    if history is None:
        return {"dates": 0}
    loaded, learned = models_kept.taught_with(row), models_kept.read(row)
    seen = panel(Rules.in_force(), history, loaded, list(learned.features))
    days = min(int(d) for d in learned.curves)
    seen = seen.take(seen.decided(days) & ~np.isnan(seen.rules))
    churned = seen.churn_days < days
    chance = learned.chance(days, seen.rows)
    rows = calibration.table(chance, churned, loaded.calibration_bins) if len(seen) else []
    observed = wilson(int(churned.sum()), len(seen))
    expected = round(float(chance.mean()), 4) if len(seen) else None
    return {
        "dates": len(np.unique(seen.as_of)),
        "days": days,
        "observations": len(seen),
        "churned": int(churned.sum()),
        "learned": auc_interval(chance, churned, seen.account, seen.as_of).to_dict(),
        "rules": auc_interval(seen.rules, churned, seen.account, seen.as_of).to_dict(),
        "difference": auc_difference(
            seen.rules, chance, churned, seen.account, seen.as_of
        ).to_dict(),
        "expected": expected,
        "observed": observed.to_dict(),
        "off": bool(
            expected is not None
            and observed.low is not None
            and observed.high is not None
            and not observed.low <= expected <= observed.high
        ),
        "calibration": rows,
    }
