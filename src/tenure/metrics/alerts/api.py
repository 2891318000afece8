"""Alerts: what is open, putting away, marking, and how precise each signal was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema

from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import BIGINT, Limit
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import Moment
from tenure.metrics.alerts import actions, queries
from tenure.metrics.alerts.models import Alert

endpoints = Endpoints("alerts")
Text = Annotated[str, Query(max_length=255)]


class AlertOut(Schema):
    """A sign while it lasts. ``told`` lists who was told, ``untold`` why somebody was not."""

    id: int
    kind: str
    signal: str
    severity: str
    title: str
    says: str
    account_id: str
    segment: str
    periods: int
    owner: str | None
    route: str
    told: list[dict[str, Any]]
    untold: str
    state: str
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    snoozed_until: datetime | None
    mark: str
    marked_by: str
    marked_at: datetime | None

    @staticmethod
    def resolve_owner(alert: Alert) -> str | None:
        """The mail address of the colleague it belongs to."""
        return alert.owner.email if alert.owner else None


class AlertsOut(Schema):
    """Alerts, gravest first; ``total`` counts all that match."""

    items: list[AlertOut]
    total: int


class PrecisionOut(Schema):
    """Useful alerts among those marked, with the 95 % interval."""

    kind: str
    signal: str
    opened: int
    open_now: int
    useful: int
    false_alarms: int
    value: float | None
    low: float | None
    high: float | None


class MarkIn(Schema):
    """An empty mark takes it back."""

    mark: Literal["useful", "false_alarm", ""]


class SnoozeIn(Schema):
    """Until when the alert is put away."""

    until: Moment


@endpoints.get("", "alerts.view", AlertsOut)
def list_alerts(
    request: HttpRequest,
    state: Literal["current", "snoozed", "false_alarm", "closed", "all"] = "current",
    kind: Text = "",
    severity: Text = "",
    signal: Text = "",
    segment: Text = "",
    account: Text = "",
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=BIGINT // 2)] = 0,
) -> dict[str, Any]:
    """Alerts that match; by default those that are to be looked at."""
    asked = queries.AlertFilter(state, kind, severity, signal, segment, account)
    rows = queries.listing(asked, datetime.now(UTC))
    return {"items": list(rows[offset : offset + limit]), "total": rows.count()}


@endpoints.get("/precision", "alerts.view", list[PrecisionOut])
def precision(request: HttpRequest) -> list[queries.Precision]:
    """How often each signal was right."""
    return queries.precision()


@endpoints.get("/{int:alert_id}", "alerts.view", AlertOut)
def get_alert(request: HttpRequest, alert_id: int) -> Alert:
    """One alert."""
    return _alert(alert_id)


@endpoints.post("/{int:alert_id}/mark", "alerts.handle", AlertOut)
def mark(request: HttpRequest, alert_id: int, data: MarkIn) -> Alert:
    """Say that it was useful or a false alarm."""
    actions.mark(_alert(alert_id), data.mark, caller(request), now=datetime.now(UTC))
    return _alert(alert_id)


@endpoints.post("/{int:alert_id}/snooze", "alerts.handle", AlertOut)
def snooze(request: HttpRequest, alert_id: int, data: SnoozeIn) -> Alert:
    """Put an open alert away until a later moment."""
    actions.snooze(_alert(alert_id), data.until, caller(request), now=datetime.now(UTC))
    return _alert(alert_id)


def _alert(alert_id: int) -> Alert:
    return Alert.objects.select_related("owner").get(pk=min(alert_id, BIGINT))
