"""Onboarding over REST: milestones, activation, the flow, and who is late."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema

from tenure.kit.rest.routing import Endpoints
from tenure.metrics.onboarding import queries
from tenure.metrics.revenue import scope

endpoints = Endpoints("onboarding")
KnownAt = Annotated[
    date | None, Query(description="as it was known when this day (UTC) began; default: now")
]
Of = Annotated[str, Query(max_length=120, description="of whom: segment:NAME, plan:NAME, …")]
By = Annotated[
    Literal["tier", "plan", "channel", "industry", "country"], Query(description="the split")
]


class EstimateOut(Schema):
    """A share or a difference of shares, with its 95 % interval where one can be told."""

    value: float | None
    low: float | None
    high: float | None


class ReachedOut(Schema):
    """A milestone; shares are parts of one, ``lift`` compares those who reached it in time."""

    key: str
    title: str
    within_hours: float | None
    expected_lift: float | None
    seen: bool
    reached: EstimateOut
    in_time: EstimateOut
    median_hours: float | None
    p90_hours: float | None
    kept_if: EstimateOut
    kept_if_not: EstimateOut
    lift: EstimateOut


class ShareOut(Schema):
    """A share against its target; ``standing``: on, near, off or few."""

    of: int
    share: EstimateOut
    target: float
    standing: str


class StepOut(Schema):
    """A step of the flow; ``advice``: remove, defer or nothing."""

    key: str
    title: str
    accounts: int
    lost: float | None
    later: float | None
    lift: EstimateOut
    advice: str


class PartOut(Schema):
    """What is told of some accounts."""

    accounts: int
    milestones: list[ReachedOut]
    activation: ShareOut
    setup: ShareOut
    day_one: ShareOut
    value: ReachedOut
    value_target_hours: float
    value_standing: str
    kept: EstimateOut
    steps: list[StepOut]
    completion: float | None
    flow_too_long: bool


class GroupOut(PartOut):
    """The same of one group of the split."""

    group: str
    title: str


class OnboardingOut(PartOut):
    """Of all asked for, who began from ``since`` to before ``until``, and by group."""

    since: datetime
    until: datetime
    by: str
    groups: list[GroupOut]


class LateOut(Schema):
    """An account in its first days without first value in the time aimed at."""

    account_id: str
    begun: datetime
    missing: str
    hours_late: float


@endpoints.get("", "health.view", OnboardingOut)
def onboarding(
    request: HttpRequest, of: Of = "", by: By = "tier", known_at: KnownAt = None
) -> dict[str, Any]:
    """What the accounts that began lately reached, and when."""
    told = queries.report(_moment(known_at), of=scope.parse(of), by=by)
    return {
        "since": told.since,
        "until": told.until,
        "by": told.by,
        **told.whole.to_dict(),
        "groups": [{"group": p.group, "title": p.title, **p.told.to_dict()} for p in told.parts],
    }


@endpoints.get("/late", "health.view", list[LateOut])
def late(request: HttpRequest, of: Of = "") -> list[dict[str, Any]]:
    """Who began lately and is late for first value, the latest first; at most a thousand."""
    listed = queries.under_way(datetime.now(UTC), scope.parse(of)).late
    return [asdict(one) for one in listed[:1000]]


def _moment(day: date | None) -> datetime:
    return datetime.now(UTC) if day is None else datetime.combine(day, time(), UTC)
