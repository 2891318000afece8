"""Leading indicators: the newest figures, what was expected, and their course."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Schema

from tenure.kit.rest.errors import not_found
from tenure.kit.rest.routing import Endpoints
from tenure.metrics.indicators import queries

endpoints = Endpoints("indicators")
Points = Annotated[int, Query(ge=1, le=queries.POINTS, description="periods of the course")]
Segment = Annotated[str, Query(max_length=80, description="a segment; default: the workspace")]


class PointOut(Schema):
    """One period."""

    start: date
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    status: str


class IndicatorOut(Schema):
    """An indicator with its newest figure; ``factor`` is what marks have taught its threshold."""

    indicator: str
    title: str
    segment: str | None
    cadence: str
    unit: str
    better: str
    target: float | None
    status: str
    factor: float
    alert: int | None
    computed_at: datetime | None
    start: date | None
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    course: list[PointOut]


@endpoints.get("", "alerts.view", list[IndicatorOut])
def list_indicators(
    request: HttpRequest, segment: Segment = "", points: Points = 1
) -> list[dict[str, Any]]:
    """Every indicator of the workspace or a segment."""
    return [shown.to_dict(points) for shown in queries.indicators(segment)]


@endpoints.get("/{slug:name}", "alerts.view", list[IndicatorOut])
def get_indicator(request: HttpRequest, name: str, points: Points = 30) -> list[dict[str, Any]]:
    """One indicator: for the workspace, then for each segment that has figures."""
    if not queries.exists(name):
        raise not_found("indicator", name)
    found = [*queries.indicators(only=name), *queries.by_segment(name)]
    return [shown.to_dict(points) for shown in found]
