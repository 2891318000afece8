"""The team's portfolio: load, owed touches, cost to serve, who gets accounts without an owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.kit.rest.auth import caller
from tenure.kit.rest.routing import Endpoints
from tenure.work.portfolio import actions, queries

endpoints = Endpoints("portfolio")


class LoadOut(Schema):
    """What a colleague looks after, against the room for it. Hours are a month's."""

    owner: str
    accounts: int
    hours: float
    capacity_accounts: int
    capacity_hours: float
    share: float = Field(description="1 is full")
    over: bool
    hours_spent: float = Field(description="by contacts of the days of policy split")
    yearly_value_minor: dict[str, int] = Field(description="by currency")


class OwedOut(Schema):
    """A touch that is owed."""

    account_id: str
    tier: str
    owner: str
    touch: str
    by: str = Field(description="owner, or a role")
    last_at: datetime | None
    due_at: datetime | None = Field(description="empty: nothing tells since when")
    late_days: int
    renews_at: datetime | None
    surprised: bool = Field(description="the renewal comes before the next touch")


class TierOut(Schema):
    """A tier in one currency; money is a year's."""

    tier: str
    currency: str
    accounts: int
    value_minor: int
    contacts: int
    hours: float
    cost_minor: int | None
    planned_minor: int | None
    ratio: float | None
    planned_ratio: float | None


class SplitOut(Schema):
    """Hours of the last days by whom they went to; shares are of at risk and advocates."""

    days: int
    hours: dict[str, float]
    at_risk: float | None
    advocates: float | None
    target: float
    off: bool


class GivenOut(Schema):
    """An account and who would get it: by rule, by role, or because everybody is full."""

    account_id: str
    owner: str
    why: str


class PlanOut(Schema):
    """Who would get what; ``left`` are accounts for which nobody is there."""

    digest: str
    given: list[GivenOut]
    left: list[str]


class ApplyIn(Schema):
    """The digest of the plan that was looked at."""

    digest: str = Field(max_length=64)


@endpoints.get("/load", "portfolio.view", list[LoadOut])
def load(request: HttpRequest) -> list[dict[str, Any]]:
    """How full everybody is, the fullest first."""
    found = queries.view(datetime.now(UTC))
    return [queries.load_told(found, one) for one in found.loads]


@endpoints.get("/owed", "portfolio.view", list[OwedOut])
def owed(request: HttpRequest) -> list[dict[str, Any]]:
    """Every touch that is owed now, the most pressing first."""
    found = queries.view(datetime.now(UTC))
    return [queries.owed_told(found, standing, due) for standing, due in found.late]


@endpoints.get("/cost", "portfolio.view", list[TierOut])
def cost(request: HttpRequest) -> list[dict[str, Any]]:
    """Cost to serve against yearly value, tier by tier."""
    return [queries.tier_told(t) for t in queries.view(datetime.now(UTC)).costs]


@endpoints.get("/split", "portfolio.view", SplitOut)
def split(request: HttpRequest) -> Any:
    """How time is divided between accounts at risk, advocates and others."""
    return queries.view(datetime.now(UTC)).split


@endpoints.get("/assignment", "portfolio.view", PlanOut)
def preview(request: HttpRequest) -> dict[str, Any]:
    """Who would get the accounts without an owner; changes nothing."""
    return queries.plan_told(queries.view(datetime.now(UTC)).plan)


@endpoints.post("/assignment", "portfolio.edit", PlanOut)
def assign(request: HttpRequest, data: ApplyIn) -> dict[str, Any]:
    """Give the accounts without an owner to whom the preview with this digest said."""
    plan = actions.assign(data.digest, caller(request), now=datetime.now(UTC))
    return queries.plan_told(plan)
