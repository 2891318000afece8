"""Experiments: planned, started, looked at, stopped; and which arm an account is in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.routing import Endpoints
from tenure.learning.experiments import actions, queries
from tenure.learning.experiments.models import Experiment, Reading

endpoints = Endpoints("experiments")


class ExperimentOut(Schema):
    """What was asked before the start, and how it stands."""

    key: str
    title: str
    hypothesis: str
    metric: str
    higher_is_better: bool
    guardrails: list[Any]
    arms: dict[str, float]
    control: str
    segment: str
    effect: float
    days: int
    watched: bool
    plan: dict[str, Any]
    state: str = Field(description="planned, running or stopped")
    made_by: str
    made_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    learned: str


class ReadingOut(Schema):
    """What was seen at a look."""

    at: datetime
    final: bool
    result: dict[str, Any]


class WholeOut(ExperimentOut):
    """An experiment with its units by arm and every look."""

    metric_title: str
    counts: dict[str, int]
    readings: list[ReadingOut]


class ExperimentIn(Schema):
    """A question. The first arm is the control."""

    key: str = Field(max_length=80)
    title: str = Field(max_length=200)
    hypothesis: str = Field(max_length=2000)
    metric: str = Field(max_length=120, description="stayed, or signal:NAME")
    effect: float
    days: int = Field(ge=1, le=1000)
    arms: dict[str, float] = {"control": 1, "treated": 1}
    segment: str = Field("", max_length=80)
    higher_is_better: bool = True
    guardrails: dict[str, bool] = {}
    watched: bool = False


class LearnedIn(Schema):
    """What is made of it."""

    learned: str = Field(min_length=1, max_length=4000)


class ArmOut(Schema):
    """The arm; empty for an account that is not in it, and once it is over."""

    arm: str


@endpoints.get("", "experiments.view", list[ExperimentOut])
def list_experiments(
    request: HttpRequest, state: Literal["planned", "running", "stopped"] | None = None
) -> list[Experiment]:
    """Experiments, the newest first."""
    return queries.listed(state or "")[:500]


@endpoints.post("", "experiments.edit", ExperimentOut)
def plan_experiment(request: HttpRequest, body: ExperimentIn) -> Experiment:
    """Write down a question; the answer says how many accounts it needs and how many there are."""
    return actions.make(
        actions.ExperimentPlan(**body.dict()), caller(request), now=datetime.now(UTC)
    )


@endpoints.get("/{slug:key}", "experiments.view", WholeOut)
def get_experiment(request: HttpRequest, key: str) -> dict[str, Any]:
    """One experiment, its arms and looks."""
    found = queries.detail(key)
    if found is None:
        raise not_found("experiment", key)
    return found


@endpoints.get("/{slug:key}/arm", "experiments.view", ArmOut)
def get_arm(
    request: HttpRequest, key: str, account: Annotated[str, Query(max_length=255)]
) -> dict[str, str]:
    """Which arm an account is in, for the product to act on."""
    _there(key)
    return {"arm": actions.arm_of(key, account)}


@endpoints.post("/{slug:key}/start", "experiments.edit", ExperimentOut)
def start(request: HttpRequest, key: str) -> Experiment:
    """Draw the arms of all customers there are."""
    _there(key)
    return actions.start(key, caller(request), now=datetime.now(UTC))


@endpoints.post("/{slug:key}/look", "experiments.edit", ReadingOut)
def look(request: HttpRequest, key: str) -> Reading:
    """Look at it: at any time if it was planned so, else once its time is over."""
    _there(key)
    return actions.look(key, caller(request), now=datetime.now(UTC))


@endpoints.post("/{slug:key}/stop", "experiments.edit", ExperimentOut)
def stop(request: HttpRequest, key: str, body: LearnedIn) -> Experiment:
    """End it."""
    _there(key)
    return actions.stop(key, body.learned, caller(request), now=datetime.now(UTC))


def _there(key: str) -> None:
    if queries.one(key) is None:
        raise not_found("experiment", key)
