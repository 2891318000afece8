"""The audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from pydantic import AwareDatetime

from tenure.core import audit
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("audit")


class EntryOut(Schema):
    """One change."""

    id: int
    at: datetime
    actor: str
    action: str
    target_kind: str
    target_id: str
    before: Any = None
    after: Any = None
    why: str


class EntriesOut(Schema):
    """A page of changes, newest first."""

    items: list[EntryOut]
    next_cursor: int | None


@endpoints.get("", "audit.view", EntriesOut)
def list_entries(
    request: HttpRequest,
    actor: str = "",
    action: str = "",
    target_kind: str = "",
    target_id: str = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: AfterId = None,
) -> dict[str, Any]:
    """Who changed what; ``action`` also matches what begins with it (``team`` finds all of it)."""
    rows = audit.entries(
        actor=actor,
        action=action,
        target_kind=target_kind,
        target_id=target_id,
        since=since,
        until=until,
        before_id=cursor,
    )
    return page(list(rows[: limit + 1]), limit, lambda row: row.id)
