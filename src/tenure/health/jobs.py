"""Scoring and validation by the clock."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.core import jobs


def score(job: jobs.Running, now: datetime) -> None:
    """All models of the policy as of now (or the moment the job began: a resumed job goes on)."""
    from tenure.health import overrides, policy, scoring

    overrides.restore_expired(now)
    as_of = datetime.fromisoformat(str(job.checkpoint.get("as_of") or now.isoformat()))
    job.save({**job.checkpoint, "as_of": as_of.isoformat()})
    names = [str(job.payload["model"])] if job.payload.get("model") else policy.settings().scored
    for name in names:
        scoring.run_scoring(as_of, name, progress=_progress(job), now=now)


def validate(job: jobs.Running, now: datetime) -> None:
    """Validate every scored model (or the one asked for) and keep the reports."""
    from tenure.health import policy

    if job.payload.get("model"):
        _validate_one(job, str(job.payload["model"]), now)
        return
    for name in policy.settings().scored:
        # By the clock, with nothing to validate on yet: that is no failure, there is no report.
        with suppress(SpecError):
            _validate_one(job, name, now)


def _validate_one(job: jobs.Running, name: str, now: datetime) -> None:
    from tenure.health import validations

    validations.validate_model(
        name,
        start=_date(job.payload.get("start")),
        end=_date(job.payload.get("end")),
        now=now,
        segment=str(job.payload.get("segment") or "") or None,
        by=str(job.payload.get("by") or ""),
        progress=_progress(job),
    )


def trial(job: jobs.Running, now: datetime) -> None:
    """Try a changed model on history, or look for a better one; what cannot be tried says why."""
    from tenure.health import proposals, trials
    from tenure.health.models import Trial

    trial = Trial.objects.filter(pk=job.payload["trial"]).first()
    if trial is None or trial.state == "done":
        return
    run = proposals.run if trial.kind == "proposal" and not trial.body else trials.run
    try:
        run(trial, now=now, progress=_progress(job))
    except SpecError as error:
        trials.failed(trial, error)


def train(job: jobs.Running, now: datetime) -> None:
    """Teach a model from history, and predict with it if it is the one in use."""
    from tenure.health.learned import models_kept, predicting, watching

    row = models_kept.train(now=now, by=str(job.payload.get("by") or ""), progress=_progress(job))
    watching.watch(row, now=now)
    if models_kept.in_use() == row:
        predicting.now_for_all(now=now)


def watch(job: jobs.Running, now: datetime) -> None:  # noqa: ARG001
    """Every month: is the learned model still right?"""
    from tenure.analytics.prediction import booster
    from tenure.health.learned import models_kept, watching

    row = models_kept.in_use()
    if row is not None and booster.is_there():
        watching.watch(row, now=now)


def _progress(job: jobs.Running) -> Any:
    def report(done: int, total: int) -> None:
        job.save(done=done, total=total)

    return report


def _date(text: object) -> datetime | None:
    return datetime.fromisoformat(str(text)).replace(tzinfo=UTC) if text else None
