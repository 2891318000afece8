"""A person's data: exported or erased on request, on the record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.facts import erasure, splitting
from tenure.facts.models import Erasure
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import ApiError
from tenure.kit.rest.routing import Endpoints

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
            422,
            "invalid",
            "person and confirm differ",
            field="confirm",
            remedy="repeat the person's id or address exactly",
        )
    return erasure.erase_person(data.person, caller(request), datetime.now(UTC))


@endpoints.get("/records", "people.export", list[RecordOut])
def list_records(request: HttpRequest) -> list[Erasure]:
    """What was exported and erased, newest first."""
    return list(Erasure.objects.order_by("-pk")[:500])


class JoinOut(Schema):
    """An id that counts as another person's."""

    alias: str
    person_id: str
    linked_at: datetime


class SplitOut(Schema):
    """Two ids that no call joins again."""

    alias: str
    person_id: str
    split_at: datetime
    split_by: str


class JoinsOut(Schema):
    """What was joined to an id, and what was taken apart from it."""

    joined: list[JoinOut]
    split: list[SplitOut]


class SplitIn(Schema):
    """The id that was joined to another person."""

    alias: str = Field(min_length=1, max_length=255)


class AllowIn(SplitIn):
    """The two ids of a split."""

    person: str = Field(min_length=1, max_length=255)


@endpoints.get("/joins", "people.export", JoinsOut)
def list_joins(
    request: HttpRequest, person: Annotated[str, Query(min_length=1, max_length=255)]
) -> dict[str, Any]:
    """The ids that count as one person with this one, and those that were split from it."""
    return {"joined": splitting.joined(person), "split": splitting.splits(person)}


@endpoints.post("/split", "facts.repair", JoinOut)
def split_person(request: HttpRequest, data: SplitIn) -> splitting.Joined:
    """Take a wrong merge apart. Facts that came while the two were one stay with the person they
    were counted for; from now on the id stands for itself, and no call joins the two again."""
    return splitting.split(data.alias, caller(request), datetime.now(UTC))


@endpoints.post("/allow", "facts.repair", JoinsOut)
def allow_join(request: HttpRequest, data: AllowIn) -> dict[str, Any]:
    """Take a split back: calls may join the two again."""
    splitting.allow(data.alias, data.person, caller(request), datetime.now(UTC))
    return {"joined": splitting.joined(data.alias), "split": splitting.splits(data.alias)}
