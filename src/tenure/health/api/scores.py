"""One account's scores: history, signals, the score of an earlier day, overrides."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.accounts.rest import existing
from tenure.health import actions, queries
from tenure.health.models import Override
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import BIGINT
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import ModelName, Moment

endpoints = Endpoints("scores")
Account = Annotated[str, Query(max_length=255, description="id of the account")]


class PastScore(Schema):
    """One score that was made."""

    as_of: datetime
    health: float | None
    band: str | None
    risk: float | None
    risk_level: str | None
    coverage: float | None
    stage: str | None
    model_version: str | None
    purpose: str | None


class SignalsOut(Schema):
    """The values the latest score was made from."""

    as_of: datetime
    model: str
    signals: dict[str, Any]
    risk_signals: list[Any]


class SignalValue(Schema):
    """A signal's value at one scoring; ``text`` for signals that are no number."""

    as_of: datetime
    value: float | None
    text: str | None


class ExplainedOut(Schema):
    """The score that stood at a moment, explained by the version that made it."""

    as_of: datetime
    health: float | None
    band: str | None
    signals: dict[str, Any]
    explanation: dict[str, Any]


class ChanceOut(Schema):
    """What the learned model in use says: the chance to leave within ``days``, within each horizon,
    the curve of staying (``[days, chance]``), and what moves it most. ``believed``: a person made
    this model the champion."""

    as_of: datetime
    version: int
    believed: bool
    days: int
    chance: float
    chances: dict[str, float]
    survival: list[tuple[int, float]]
    reasons: list[dict[str, Any]]


class OverrideOut(Schema):
    """A person's judgement over the score."""

    id: int
    account_id: str
    model: str
    health: float
    reason: str
    author: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str


class OverrideIn(Schema):
    """A judgement to put over the score, why, and until when."""

    account: str = Field(max_length=255)
    health: float = Field(ge=0, le=100)
    reason: str = Field(max_length=2000)
    expires_at: Moment
    model: str | None = Field(None, max_length=80)


@endpoints.get("/history", "health.view", list[PastScore])
def history(
    request: HttpRequest, account: Account, model: ModelName = None
) -> list[dict[str, Any]]:
    """Every score of an account, oldest first."""
    existing(account)
    return queries.account_history(account, model)


@endpoints.get("/signals", "health.view", SignalsOut)
def signals(request: HttpRequest, account: Account, model: ModelName = None) -> dict[str, Any]:
    """What the latest score was made from, and the warnings that fired."""
    existing(account)
    row = queries.account_health(account, model)
    if row is None:
        raise not_found("score of account", account)
    return {
        "as_of": row.as_of,
        "model": row.model,
        "signals": row.signals,
        "risk_signals": row.risk_signals,
    }


@endpoints.get("/signal-history", "health.view", list[SignalValue])
def signal_history(
    request: HttpRequest,
    account: Account,
    signal: Annotated[str, Query(max_length=120)],
    model: ModelName = None,
) -> list[dict[str, Any]]:
    """The value of one signal at every scoring, oldest first."""
    existing(account)
    return queries.signal_history(account, signal, model)


@endpoints.get("/at", "health.view", ExplainedOut)
def at(
    request: HttpRequest, account: Account, moment: Moment, model: ModelName = None
) -> dict[str, Any]:
    """The score that stood at a moment, explained."""
    existing(account)
    found = queries.explanation_at(account, moment, model)
    if found is None:
        raise not_found("score at that moment of account", account)
    return found


@endpoints.get("/chance", "health.view", ChanceOut)
def chance(request: HttpRequest, account: Account) -> dict[str, Any]:
    """The chance that an account leaves, by the learned model, and why."""
    existing(account)
    told = queries.prediction(account)
    if told is None:
        raise not_found("chance by a learned model for account", account)
    return told


@endpoints.get("/overrides", "health.view", list[OverrideOut])
def list_overrides(
    request: HttpRequest, account: Account, model: ModelName = None
) -> list[Override]:
    """All overrides of an account, newest first."""
    existing(account)
    return list(queries.overrides(account, model)[:500])


@endpoints.post("/overrides", "scores.override", OverrideOut)
def make_override(request: HttpRequest, data: OverrideIn) -> Override:
    """Put a judgement over the score until a moment; one in force is replaced."""
    account = existing(data.account)
    model = queries.model(data.model).name if data.model else None
    return actions.override(
        account,
        data.health,
        data.reason,
        caller(request),
        data.expires_at,
        now=datetime.now(UTC),
        model=model,
    )


@endpoints.delete("/overrides/{int:override_id}", "scores.override", OverrideOut)
def end_override(request: HttpRequest, override_id: int) -> Override:
    """End an override early: the score shows again."""
    kept = Override.objects.get(pk=min(override_id, BIGINT))
    actions.end_override(kept, caller(request), now=datetime.now(UTC))
    return kept
