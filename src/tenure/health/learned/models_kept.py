"""Learned models as they are kept: taught, read back, made the champion."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max

from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster, drift, training
from tenure.analytics.prediction import features as of
from tenure.analytics.prediction.policy import PredictionPolicy
from tenure.analytics.prediction.training import Learned
from tenure.analytics.validation.calibration import Isotonic
from tenure.analytics.validation.policy import nearest
from tenure.core import audit, jobs
from tenure.core import policy as documents
from tenure.core.models import Job
from tenure.health import policy, set_apart
from tenure.health.history import History
from tenure.health.job_kinds import TRAIN
from tenure.health.learned.panel import panel
from tenure.health.models import LearnedModel
from tenure.health.pipeline import Rules
from tenure.health.scoring import Progress
from tenure.health.versions import version_of

CHALLENGER, CHAMPION, RETIRED = "challenger", "champion", "retired"


def numbers() -> PredictionPolicy:
    """``prediction`` in force."""
    loaded: PredictionPolicy = documents.load(policy.PREDICTION)
    return loaded


def taught_with(row: LearnedModel) -> PredictionPolicy:
    """The policy by which a model was taught: what is asked of it has to be counted the same way,
    whatever is in force now."""
    in_force = numbers().model_dump(mode="json")
    return PredictionPolicy.model_validate({**in_force, **row.report["policy"]})


def ask(*, now: datetime, by: object = "") -> Job:
    """Have a worker teach a model; SpecError where LightGBM is not there."""
    booster.check()
    return jobs.enqueue(TRAIN, "", {"by": audit.actor_name(by) if by else audit.SYSTEM}, now=now)


def train(
    *,
    now: datetime,
    by: object = "",
    progress: Progress | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    horizons: Sequence[int] | None = None,
) -> LearnedModel:
    """Teach a model from the history (between ``start`` and ``end`` if they are given) and keep it
    as challenger; SpecError if that cannot be. With ``horizons`` for churn within other days than
    policy's: the verdict is for the one closest to policy's."""
    booster.check()
    loaded, rules = numbers(), Rules.in_force()
    if horizons:
        loaded = loaded.model_copy(
            update={
                "horizons": tuple(horizons),
                "verdict_days": nearest(horizons, loaded.verdict_days),
                "lead_days": min(loaded.lead_days, min(horizons) // 2),
            }
        )
    history = History.of(start, end, now)
    told = panel(rules, history, loaded, progress=_half(progress, 0))
    rng = np.random.default_rng(booster.SEED)
    learned = training.train(told, loaded, rng, _half(progress, 1), policy.validation_policy())
    columns = [f.name for f in told.features]
    kept = [columns.index(f.name) for f in learned.features]
    left_out = learned.report["left_out"]
    report = {
        **learned.report,
        "left_out": {**left_out, "told_once": set_apart.signals(rules.registry, loaded.told_once)},
        "rules": {"model": rules.model.name, "version": version_of(rules)},
        "policy": loaded.model_dump(mode="json", exclude={"verdicts"}),
        "ground": drift.ground(told.rows[:, kept], learned.features, loaded.drift),
    }
    return _kept(learned, report, now, by)


def _half(progress: Progress | None, second: int) -> Progress | None:
    """The same progress over half of the way."""
    if progress is None:
        return None
    return lambda done, total: progress(done + second * total, 2 * total)


def _kept(learned: Learned, report: dict[str, Any], now: datetime, by: object) -> LearnedModel:
    body = {
        "features": of.to_json(learned.features),
        "boosters": learned.boosters,
        "curves": {
            days: {"knots": c.knots.tolist(), "values": c.values.tolist()}
            for days, c in learned.curves.items()
        },
    }
    with transaction.atomic():
        last = LearnedModel.objects.aggregate(n=Max("version"))["n"] or 0
        LearnedModel.objects.filter(state=CHALLENGER).update(state=RETIRED)
        return LearnedModel.objects.create(
            version=last + 1,
            state=CHALLENGER,
            body=json.dumps(body),
            report=report,
            verdict=report["verdict"]["code"],
            trained_at=now,
            trained_by=audit.actor_name(by) if by else audit.SYSTEM,
        )


def read(row: LearnedModel) -> Learned:
    """The model as it was learned."""
    return _read(row.pk, row.body)


@lru_cache(maxsize=4)
def _read(_pk: int, body: str) -> Learned:
    kept = json.loads(body)
    curves = {
        days: Isotonic(np.array(c["knots"]), np.array(c["values"]))
        for days, c in kept["curves"].items()
    }
    return Learned(of.from_json(kept["features"]), kept["boosters"], curves, {})


def champion() -> LearnedModel | None:
    """The learned model that is believed, if any is."""
    return LearnedModel.objects.filter(state=CHAMPION).first()


def challenger() -> LearnedModel | None:
    """The newest one that is not the champion, if it is not retired."""
    return LearnedModel.objects.filter(state=CHALLENGER).order_by("-version").first()


def in_use() -> LearnedModel | None:
    """Whose chances are shown: the champion's, else the challenger's."""
    return champion() or challenger()


def promote(row: LearnedModel, by: object, *, now: datetime) -> None:
    """Make it the champion; the one before becomes the challenger."""
    with transaction.atomic():
        before = champion()
        LearnedModel.objects.filter(state=CHALLENGER).update(state=RETIRED)
        if before is not None:
            before.state = CHALLENGER
            before.save(update_fields=["state"])
        row.state, row.decided_at, row.decided_by = CHAMPION, now, audit.actor_name(by)
        row.save(update_fields=["state", "decided_at", "decided_by"])
        audit.record(by, "learned.promote", "learned", str(row.version), None, None, now=now)


def demote(row: LearnedModel, by: object, *, now: datetime) -> None:
    """Back to the rules: the champion is a challenger again. SpecError if it is none."""
    if row.state != CHAMPION:
        raise SpecError("learned model", "state", "is not the champion", "there is nothing to undo")
    with transaction.atomic():
        LearnedModel.objects.filter(state=CHALLENGER).update(state=RETIRED)
        row.state, row.decided_at, row.decided_by = CHALLENGER, now, audit.actor_name(by)
        row.save(update_fields=["state", "decided_at", "decided_by"])
        audit.record(by, "learned.demote", "learned", str(row.version), None, None, now=now)


def taught_until(row: LearnedModel) -> datetime:
    """The moment up to which outcomes taught it."""
    return datetime.fromisoformat(row.report["end"] + "T00:00:00+00:00")


def since_taught(row: LearnedModel, now: datetime) -> History | None:
    """The dates after those that taught, whose outcome at the shortest horizon is decided now."""
    try:
        history = History.of(taught_until(row), None, now)
    except SpecError:
        return None
    least = timedelta(days=min(policy.validation_policy().horizons))
    dates = [d for d in history.dates if d + least <= history.period[1]]
    return History(dates, history.period, history.churned) if dates else None
