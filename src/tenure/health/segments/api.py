"""Segments: by rule, or static lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.accounts import segments
from tenure.accounts.models import Segment
from tenure.health import policy as health_policy
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import ApiError, not_found
from tenure.kit.rest.paging import Done
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("segments")


class SegmentOut(Schema):
    """A segment; its accounts: /api/v1/accounts?segment=NAME."""

    name: str
    title: str
    description: str
    rule: str = Field(description="TOML; empty for a static list or a packaged segment")
    packaged: bool
    size: int
    counted_at: datetime | None


class SegmentIn(Schema):
    """Either a ``rule`` (TOML) or the ids of ``accounts`` of a static list."""

    title: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=2000)
    rule: str | None = Field(None, max_length=20_000)
    accounts: list[str] | None = Field(None, max_length=100_000)


@endpoints.get("", "accounts.view", list[SegmentOut])
def list_segments(request: HttpRequest) -> list[Segment]:
    """Every segment with its size when it was last counted."""
    segments.keep_packaged()
    return list(Segment.objects.order_by("name"))


@endpoints.get("/{slug:name}", "accounts.view", SegmentOut)
def get_segment(request: HttpRequest, name: str) -> Segment:
    """One segment."""
    found = Segment.objects.filter(pk=name).first()
    if found is None:
        raise not_found("segment", name)
    return found


@endpoints.put("/{slug:name}", "segments.edit", SegmentOut)
def save_segment(request: HttpRequest, name: str, data: SegmentIn) -> Segment:
    """Make or change a segment of your own; members by rule follow with the next scoring."""
    if (data.rule is None) == (data.accounts is None):
        raise ApiError(
            422,
            "invalid",
            "give either rule or accounts",
            field="rule",
            remedy='for a rule: {"rule": "..."}; for a static list: {"accounts": [...]}',
        )
    about: dict[str, Any] = {"actor": caller(request), "now": datetime.now(UTC)}
    if data.accounts is not None:
        return segments.save_list(
            name, data.title, data.accounts, description=data.description, **about
        )
    known = health_policy.known_fields()
    return segments.save_rule(
        name, data.title, data.rule or "", known, description=data.description, **about
    )


@endpoints.delete("/{slug:name}", "segments.edit", Done)
def delete_segment(request: HttpRequest, name: str) -> Done:
    """Delete a segment of your own."""
    if not Segment.objects.filter(pk=name).exists():
        raise not_found("segment", name)
    segments.delete(name, caller(request), datetime.now(UTC))
    return Done()
