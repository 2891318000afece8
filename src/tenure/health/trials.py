"""A changed model tried on history, kept, and adopted or not. Nothing is adopted by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.analytics.health import HealthModel
from tenure.analytics.validation import replay
from tenure.core import audit, jobs
from tenure.core import policy as documents
from tenure.health import policy
from tenure.health.history import History, Side, signals_of
from tenure.health.job_kinds import TRIAL
from tenure.health.models import Trial
from tenure.health.pipeline import Rules
from tenure.health.scoring import Progress


def ask(
    name: str,
    body: str,
    *,
    now: datetime,
    by: object = "",
    start: datetime | None = None,
    end: datetime | None = None,
) -> Trial:
    """Keep the model text ``body``, meant for the model ``name``, to be tried by a worker.

    SpecError if the text is not sound.
    """
    candidate(name, body)
    with transaction.atomic():
        trial = opened(name, body, "change", now, by, start, end)
        jobs.enqueue(TRIAL, str(trial.pk), {"trial": trial.pk}, now=now)
    return trial


def replay_model(
    name: str,
    body: str,
    *,
    now: datetime,
    by: object = "",
    start: datetime | None = None,
    end: datetime | None = None,
    progress: Progress | None = None,
) -> Trial:
    """The same, tried at once."""
    candidate(name, body)
    trial = opened(name, body, "change", now, by, start, end)
    with failing(trial):
        return run(trial, now=now, progress=progress)


def opened(
    name: str,
    body: str,
    kind: str,
    now: datetime,
    by: object,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Trial:
    """A new trial, waiting to be run."""
    return Trial.objects.create(
        name=name,
        kind=kind,
        body=body,
        against=base_of(name),
        based_on=_version(name),
        start=start,
        end=end,
        created_at=now,
        created_by=audit.actor_name(by) if by else audit.SYSTEM,
    )


def candidate(name: str, body: str) -> HealthModel:
    """The model in ``body``, checked as if it were to be saved as ``name``; SpecError if not."""
    errors = documents.validate({policy.MODELS + name: body})
    if errors:
        raise errors[0]
    parsed: HealthModel = documents.parsed(policy.MODELS + name, body)
    return parsed


def base_of(name: str) -> str:
    """The model that a text for ``name`` is held against: the one it changes, else the default."""
    return name if name in policy.model_names() else policy.settings().default_model


def _version(name: str) -> int:
    return documents.version(policy.MODELS + name) if name in policy.model_names() else 0


def run(trial: Trial, *, now: datetime, progress: Progress | None = None) -> Trial:
    """Try it and keep what came out; what is wrong with the ground is raised."""
    told = _replayed(trial, now, progress)
    trial.result = {**trial.result, "replay": told}
    trial.verdict, trial.state, trial.error = told["verdict"]["code"], "done", ""
    trial.save(update_fields=["result", "verdict", "state", "error"])
    return trial


def _replayed(trial: Trial, now: datetime, progress: Progress | None) -> dict[str, Any]:
    history = History.of(trial.start, trial.end, now)
    before = Rules.in_force(trial.against)
    after = replace(before, model=candidate(trial.name, trial.body))
    days = trial.result.get("learned", {}).get("days")
    return compare(before, after, history, progress, days)


def compare(
    before: Rules,
    after: Rules,
    history: History,
    progress: Progress | None = None,
    days: int | None = None,
) -> dict[str, Any]:
    """Both models through the dates of ``history``, and what differs; the verdict is for churn
    within ``days``, by default what the policy says."""
    numbers = policy.validation_policy()
    if days in numbers.horizons:
        numbers = numbers.model_copy(update={"verdict_horizon": days})
    old, new = Side(before), Side(after)
    for moment, signals in signals_of(before, history.dates, after.model.signals, progress):
        old.score(signals, moment)
        new.score(signals, moment)
    told = replay.replay(
        replay.Side(old.scores(), before.model.green),
        replay.Side(new.scores(), after.model.green),
        history.churned,
        history.period,
        policy=numbers,
        people=_people(),
    )
    found = told.to_dict()
    _name([*found["gained"], *found["lost"]])
    return found


@contextmanager
def failing(trial: Trial) -> Iterator[None]:
    """Keep with the trial why it could not be tried, and let the error go on."""
    try:
        yield
    except SpecError as error:
        failed(trial, error)
        raise


def failed(trial: Trial, error: Exception) -> None:
    """Keep why it could not be tried."""
    trial.state, trial.error = "failed", str(error)
    trial.save(update_fields=["state", "error"])


def _people() -> int:
    """How many people look after accounts."""
    owned = Account.objects.exclude(owner=None).order_by()
    return owned.values("owner").distinct().count()


def _name(listed: Sequence[dict[str, Any]]) -> None:
    names = dict(
        Account.objects.filter(pk__in=[e["account_id"] for e in listed]).values_list("pk", "name")
    )
    for entry in listed:
        entry["name"] = names.get(entry["account_id"], entry["account_id"])


def adopt(trial: Trial, by: object, note: str = "", *, now: datetime) -> int:
    """Put the tried text in force, as a new version of the document; gives its number.

    SpecError if the document was changed since it was tried, or the trial is not over.
    """
    if trial.state != "done":
        raise SpecError("trial", "state", "is not over", "wait until it is, or try again")
    said = note or f"adopted after trial {trial.pk} ({trial.verdict.replace('_', ' ')})"
    name = policy.MODELS + trial.name
    with transaction.atomic():
        number = documents.save(name, trial.body, by, said, now, trial.based_on)
        trial.adopted_version, trial.adopted_at = number, now
        trial.adopted_by = audit.actor_name(by)
        trial.save(update_fields=["adopted_version", "adopted_at", "adopted_by"])
    return number


def trials(name: str | None = None) -> list[Trial]:
    """Trials, latest first: of the model ``name``, or all."""
    rows = Trial.objects.order_by("-pk")
    return list(rows.filter(name=name) if name else rows)
