"""Facts: rows of any table in, sources and their alerts, the timeline's tables."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.analytics.tables import TABLES
from tenure.connectors.posted import accepting
from tenure.facts.models import Source, SourceAlert, SourceDay
from tenure.kit.rest.auth import Machine, caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("facts")
MOST_ROWS = 10_000
SHOWN_REFUSALS = 100


class ColumnOut(Schema):
    """A column of a table."""

    name: str
    kind: str
    doc: str
    required: bool


class TableOut(Schema):
    """A table of facts."""

    name: str
    doc: str
    time: str = Field(description="the column that says when it happened")
    key: list[str] = Field(description="what a row is about; empty: rows are only counted")
    columns: list[ColumnOut]


class RowsIn(Schema):
    """Rows to add. A row with a known ``message_id`` changes nothing."""

    rows: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_ROWS)
    backfill: bool = Field(False, description="history: known since it happened, not since now")


class RefusedRow(Schema):
    """A row that will go to quarantine, and why."""

    row: int
    code: str
    field: str
    reason: str


class TakenOut(Schema):
    """All rows are kept durably; those refused wait in quarantine to be repaired."""

    received: int
    refused: int
    examples: list[RefusedRow]


class SourceOut(Schema):
    """Where facts come from."""

    name: str
    kind: str
    first_seen_at: datetime
    last_seen_at: datetime
    last_fact_at: datetime | None
    rows: int
    quarantined: int


class AlertOut(Schema):
    """A source gone stale, suddenly quiet or loud."""

    id: int
    source: str
    subject: str
    kind: str
    text: str
    opened_at: datetime
    closed_at: datetime | None


class DayOut(Schema):
    """How many facts of one kind a source brought on one day."""

    source: str
    table: str
    name: str
    day: date
    rows: int


@endpoints.get("/tables", "facts.view", list[TableOut])
def list_tables(request: HttpRequest) -> list[dict[str, Any]]:
    """Every table and its columns."""
    return [
        {
            "name": t.name,
            "doc": t.doc,
            "time": t.time,
            "key": list(t.key),
            "columns": [vars(c) for c in t.columns],
        }
        for t in TABLES.values()
    ]


@endpoints.get("/sources", "facts.view", list[SourceOut])
def list_sources(request: HttpRequest) -> list[Source]:
    """Every source, the latest to speak first."""
    return list(Source.objects.order_by("-last_seen_at")[:1000])


@endpoints.get("/sources/days", "facts.view", list[DayOut])
def source_days(
    request: HttpRequest, source: Annotated[str, Query(max_length=80)], since: date | None = None
) -> list[SourceDay]:
    """What a source brought day by day, newest first."""
    rows = SourceDay.objects.filter(source=source)
    if since is not None:
        rows = rows.filter(day__gte=since)
    return list(rows.order_by("-day", "table", "name")[:5000])


@endpoints.get("/alerts", "facts.view", list[AlertOut])
def list_alerts(request: HttpRequest, closed: bool = False) -> list[SourceAlert]:
    """Alerts of sources, newest first; ``closed`` shows also what is over."""
    rows = SourceAlert.objects.order_by("-opened_at")
    return list((rows if closed else rows.filter(closed_at__isnull=True))[:500])


@endpoints.post("/{slug:table}", "facts.import", TakenOut)
def add_rows(request: HttpRequest, table: str, data: RowsIn) -> dict[str, Any]:
    """Add rows to a table; acknowledged means durable."""
    if table not in TABLES:
        raise not_found("table", table)
    refusals = accepting.take(
        table, data.rows, source=_source(request), backfill=data.backfill, now=datetime.now(UTC)
    )
    examples = [vars(r) for r in refusals[:SHOWN_REFUSALS]]
    return {"received": len(data.rows), "refused": len(refusals), "examples": examples}


def _source(request: HttpRequest) -> str:
    who = caller(request)
    return f"api:{who.name if isinstance(who, Machine) else who.email}"
