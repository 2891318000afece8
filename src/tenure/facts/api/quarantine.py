"""Quarantine: what was refused, repaired, sent again, or dismissed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.facts import quarantine, repairs
from tenure.facts.models import Quarantined
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import BIGINT, AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("quarantine")
Text = Annotated[str, Query(max_length=255)]
Id = Annotated[int, Field(ge=0, le=BIGINT)]


class CaseOut(Schema):
    """A refused fact."""

    id: int
    at: datetime
    source: str
    table: str
    name: str
    code: str
    reason: str
    field: str
    payload: str
    file: str
    line: int | None
    state: str
    resolved_by: str
    resolved_at: datetime | None


class CasesOut(Schema):
    """A page of refused facts, newest first."""

    items: list[CaseOut]
    next_cursor: int | None


class KindOut(Schema):
    """Refusals of one kind."""

    table: str
    source: str
    name: str
    code: str
    field: str
    rows: int
    first_at: datetime
    last_at: datetime
    example: str


class Filters(Schema):
    """Which cases; an empty field asks nothing."""

    state: Text = "open"
    table: Text = ""
    source: Text = ""
    code: Text = ""
    name: Text = ""
    file: Text = ""
    search: Text = ""


class RepairIn(Schema):
    """The row as it should have been."""

    payload: dict[str, Any]


class OutcomeOut(Schema):
    """Whether it landed; if not, why."""

    landed: bool
    problem: str


class CasesIn(Schema):
    """Ids of cases."""

    ids: list[Id] = Field(min_length=1, max_length=10_000)


class DismissIn(CasesIn):
    """Ids of cases, and why they will never be facts."""

    reason: str = Field(max_length=2000)


class ReplayedOut(Schema):
    """How many landed, how many are still refused."""

    landed: int
    refused: int


class DismissedOut(Schema):
    """How many were closed."""

    dismissed: int


@endpoints.get("", "facts.view", CasesOut)
def list_cases(
    request: HttpRequest,
    filters: Annotated[Filters, Query()],
    limit: Limit = 50,
    cursor: AfterId = None,
) -> dict[str, Any]:
    """Refused facts, newest first; ``state`` is open, replayed, dismissed, warned or empty."""
    rows = quarantine.find(**filters.model_dump()).order_by("-pk")
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda case: case.pk)


@endpoints.get("/kinds", "facts.view", list[KindOut])
def list_kinds(request: HttpRequest, filters: Annotated[Filters, Query()]) -> list[dict[str, Any]]:
    """Refused facts grouped by what is wrong, the most frequent first."""
    return [vars(kind) for kind in quarantine.kinds(**filters.model_dump())]


@endpoints.post("/replay", "facts.repair", ReplayedOut)
def replay(request: HttpRequest, data: CasesIn) -> dict[str, int]:
    """Send open cases again, as after a contract was changed."""
    return vars(repairs.replay(data.ids, caller(request), datetime.now(UTC)))


@endpoints.post("/dismiss", "facts.repair", DismissedOut)
def dismiss(request: HttpRequest, data: DismissIn) -> dict[str, int]:
    """Close cases that will never be facts."""
    closed = repairs.dismiss(data.ids, data.reason, caller(request), datetime.now(UTC))
    return {"dismissed": closed}


@endpoints.get("/{int:case_id}", "facts.view", CaseOut)
def get_case(request: HttpRequest, case_id: int) -> Quarantined:
    """One refused fact."""
    return Quarantined.objects.get(pk=min(case_id, BIGINT))


@endpoints.post("/{int:case_id}/repair", "facts.repair", OutcomeOut)
def repair(request: HttpRequest, case_id: int, data: RepairIn) -> dict[str, Any]:
    """Replace the row and send it again; still wrong, it stays open with the new reason."""
    if not Quarantined.objects.filter(pk=min(case_id, BIGINT)).exists():
        raise not_found("case", case_id)
    payload = json.dumps(data.payload, ensure_ascii=False)
    return vars(repairs.repair(case_id, payload, caller(request), datetime.now(UTC)))
