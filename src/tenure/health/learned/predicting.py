"""What the learned model says of every account now, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster, hazards, predictors
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.prediction.training import SURVIVAL, Learned
from tenure.analytics.segments import CHANCE
from tenure.health.learned import models_kept
from tenure.health.learned.panel import rows_now
from tenure.health.models import AccountPrediction, LearnedModel

BATCH = 2000


def fields() -> Iterable[str]:
    """The signals that the model in use looks at, so that scoring computes them."""
    row = models_kept.in_use()
    if row is None or not booster.is_there():
        return []
    return signals_of_model(models_kept.read(row))


def signals_of_model(learned: Learned) -> list[str]:
    """Names of the signals it looks at."""
    return [f.source for f in learned.features if not f.part]


def before_scoring(everyone: pa.Table, as_of: datetime) -> pa.Table:
    """Predict for all customers, from the signals of a live scoring. If a champion predicts, what
    it says is added as the field ``chance``: rules may look at what a person believes."""
    row = models_kept.in_use()
    if row is None or not booster.is_there():
        return everyone
    predict(row, everyone.filter(everyone["active"]), as_of)
    # On a day that taught it, it would tell what came after.
    if row.state != models_kept.CHAMPION or as_of < models_kept.taught_until(row):
        return everyone
    told = believed()
    chances = [told.get(account) for account in everyone["account_id"].to_pylist()]
    return everyone.append_column(CHANCE, pa.array(chances, pa.float64()))


def believed() -> dict[str, float]:
    """The champion's chance to leave by account, as last told; nothing where there is none."""
    rows = AccountPrediction.objects.filter(learned__state=models_kept.CHAMPION)
    return dict(rows.values_list("account_id", "chance"))


def predict(row: LearnedModel, customers: pa.Table, as_of: datetime) -> int:
    """Keep chances and reasons of ``customers`` (signals as of ``as_of``); gives how many."""
    learned, loaded = models_kept.read(row), models_kept.taught_with(row)
    rows = rows_now(customers, list(learned.features), as_of, loaded)
    told = _told(learned, rows, loaded)
    accounts = customers["account_id"].to_pylist()
    found = [
        AccountPrediction(account_id=account, learned=row, as_of=as_of, **one)
        for account, one in zip(accounts, told, strict=True)
    ]
    with transaction.atomic():
        AccountPrediction.objects.all().delete()
        AccountPrediction.objects.bulk_create(found, batch_size=BATCH)
    return len(found)


def _told(learned: Learned, rows: Any, loaded: PredictionPolicy) -> list[dict[str, Any]]:
    """Chance within each horizon (a longer one is never less likely), curve and reasons."""
    days = sorted(loaded.horizons)
    chances = np.column_stack([learned.chance(d, rows) for d in days])
    chances = np.maximum.accumulate(chances, axis=1)
    curve = hazards.staying(learned.boosters[SURVIVAL], rows, loaded)
    added = predictors.read(learned.boosters[str(loaded.verdict_days)]).contributions(rows)
    ends = list(accumulate(loaded.intervals))
    at = days.index(loaded.verdict_days)
    return [
        {
            "chance": round(float(chances[i, at]), 4),
            "chances": {str(d): round(float(c), 4) for d, c in zip(days, chances[i], strict=True)},
            "survival": stays(dict(zip(days, chances[i], strict=True)), ends, curve[i]),
            "reasons": _reasons(learned, rows[i], added[i], loaded),
        }
        for i in range(len(rows))
    ]


def stays(
    chances: dict[int, float], ends: Sequence[int], hazards: npt.NDArray[np.float64]
) -> list[list[float]]:
    """The curve of staying, as ``[days, chance]``: up to the longest horizon what is left by the
    calibrated chances, from there on as the hazards fall.

    >>> stays({30: 0.1, 60: 0.2}, [30, 60, 90], np.array([0.9, 0.8, 0.4]))
    [[30, 0.9], [60, 0.8], [90, 0.4]]
    >>> stays({60: 0.4}, [30, 60, 90], np.array([0.9, 0.8, 0.4]))
    [[60, 0.6], [90, 0.3]]
    """
    last = max(chances)
    told = [[float(days), 1 - chance] for days, chance in sorted(chances.items())]
    left = 1 - chances[last]
    at_last = next((s for e, s in zip(ends, hazards, strict=True) if e >= last), hazards[-1])
    told += [
        [float(end), left * float(stay / at_last) if at_last else 0.0]
        for end, stay in zip(ends, hazards, strict=True)
        if end > last
    ]
    return [[int(days), round(float(chance), 4)] for days, chance in told]


def _reasons(
    learned: Learned, row: Any, added: Any, loaded: PredictionPolicy
) -> list[dict[str, Any]]:
    """The features that move this account most, with their value; added to the log odds."""
    order = np.argsort(-np.abs(added), kind="stable")[: loaded.reasons]
    found = []
    for index in order:
        if abs(added[index]) < loaded.least_reason:
            continue
        feature, value = learned.features[index], float(row[index])
        shown: float | str | None = None if np.isnan(value) else round(value, 4)
        if feature.categories and shown is not None:
            shown = feature.categories[int(value)]
        found.append(
            {
                "source": feature.source,
                "part": feature.part,
                "value": shown,
                "adds": round(float(added[index]), 4),
            }
        )
    return found


def now_for_all(*, now: datetime) -> int:
    """Predict at once, from signals computed now; SpecError if nothing was learned."""
    from tenure.health.history import signals_of
    from tenure.health.pipeline import Rules

    row = models_kept.in_use()
    if row is None:
        raise SpecError("learned model", "model", "there is none", "run: tenure model train")
    for moment, signals in signals_of(Rules.in_force(), [now], fields()):
        return predict(row, signals.filter(signals["active"]), moment)
    return 0
