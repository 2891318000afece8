"""The health of all accounts: models, distribution, movement, scoring runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.health import queries
from tenure.health.job_kinds import SCORE
from tenure.health.models import ScoringRun
from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import JobOut, ModelName, Moment

endpoints = Endpoints("health")


class RunOut(Schema):
    """One scoring of all accounts."""

    id: int
    model: str
    model_version: str
    as_of: datetime
    state: str
    purpose: str
    accounts_total: int
    accounts_done: int
    started_at: datetime
    finished_at: datetime | None
    error: str


class RunsOut(Schema):
    """A page of runs, newest first."""

    items: list[RunOut]
    next_cursor: int | None


class ModelOut(Schema):
    """A health model in force."""

    name: str
    title: str
    description: str
    source: str
    scored: bool = Field(description="scored regularly")
    default: bool


class BandOut(Schema):
    """Accounts in a band now."""

    band: str
    title: str
    action: str
    min: float | None
    n: int
    share: float


class MovementsOut(Schema):
    """Who changed band between two moments; band "" is *not scored*."""

    start: datetime | None
    end: datetime | None
    bands: list[str]
    matrix: dict[str, dict[str, int]]
    moves: list[dict[str, Any]]


class RunIn(Schema):
    """Which model to score; default: all that are scored regularly."""

    model: str | None = Field(None, max_length=80)


@endpoints.get("/models", "health.view", list[ModelOut])
def list_models(request: HttpRequest) -> list[dict[str, Any]]:
    """Every model."""
    return queries.models()


@endpoints.get("/distribution", "health.view", list[BandOut])
def distribution(request: HttpRequest, model: ModelName = None) -> list[dict[str, Any]]:
    """How many accounts are in each band now."""
    return queries.distribution(model)


@endpoints.get("/segments", "health.view", list[dict[str, Any]])
def by_segment(request: HttpRequest, model: ModelName = None) -> list[dict[str, Any]]:
    """The latest scoring by segment."""
    return queries.by_segment(model)


@endpoints.get("/movements", "health.view", MovementsOut)
def movements(
    request: HttpRequest,
    start: Moment | None = None,
    end: Moment | None = None,
    model: ModelName = None,
) -> dict[str, Any]:
    """Movement between bands; default: the last thirty days."""
    first, last = queries.default_period(datetime.now(UTC))
    found = queries.movements(start or first, end or last, model)
    return {**found, "start": found["from"], "end": found["to"]}


@endpoints.get("/runs", "health.view", RunsOut)
def list_runs(
    request: HttpRequest, model: ModelName = None, limit: Limit = 50, cursor: AfterId = None
) -> dict[str, Any]:
    """Scoring runs, newest first."""
    rows = ScoringRun.objects.order_by("-pk")
    if model:
        rows = rows.filter(model=model)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda run: run.pk)


@endpoints.post("/runs", "scores.run", JobOut)
def start_run(request: HttpRequest, data: RunIn) -> Job:
    """Ask for a scoring as of now; look at the job for its progress."""
    model = queries.model(data.model).name if data.model else ""
    now = datetime.now(UTC)
    job = jobs.enqueue(SCORE, model, {"model": model} if model else {}, now=now)
    audit.record(caller(request), "scores.run", "job", job.pk, after={"model": model}, now=now)
    return job
