"""A person's data: exported or erased on request, on the record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.api.auth import caller
from tenure.api.errors import ApiError
from tenure.api.routing import Endpoints
from tenure.facts import erasure
from tenure.facts.models import Erasure

endpoints = Endpoints("people")
SECRET = {"ids", "mails", "pseudonym"}


class RecordOut(Schema):
    """That it was done; the person is not named."""

    id: int
    kind: str = Field(description="erase or export")
    requested_by: str
    requested_at: datetime
    completed_at: datetime | None
    counts: dict[str, int]

    @staticmethod
    def resolve_counts(record: Erasure) -> dict[str, int]:
        """What was touched; not what an unfinished erasure remembers of whom."""
        return {k: v for k, v in record.counts.items() if k not in SECRET and isinstance(v, int)}


class EraseIn(Schema):
    """The person's id or mail address, twice, since it cannot be undone."""

    person: str = Field(min_length=1, max_length=255)
    confirm: str = Field(max_length=255)


@endpoints.get("/export", "people.export", dict[str, Any])
def export_person(
    request: HttpRequest, person: Annotated[str, Query(min_length=1, max_length=255)]
) -> dict[str, Any]:
    """All that is known of a person, by id or mail address."""
    return erasure.export_person(person, caller(request), datetime.now(UTC))


@endpoints.post("/erase", "people.erase", RecordOut)
def erase_person(request: HttpRequest, data: EraseIn) -> Erasure:
    """Erase a person everywhere; accounts keep their counts."""
    if data.person != data.confirm:
        raise ApiError(
            422, "invalid", "person and confirm differ", field="confirm",
            remedy="repeat the person's id or address exactly",
        )  # fmt: skip
    return erasure.erase_person(data.person, caller(request), datetime.now(UTC))


@endpoints.get("/records", "people.export", list[RecordOut])
def list_records(request: HttpRequest) -> list[Erasure]:
    """What was exported and erased, newest first."""
    return list(Erasure.objects.order_by("-pk")[:500])
