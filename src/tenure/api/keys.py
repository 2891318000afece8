"""Keys for machines."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.core import keys
from tenure.core.models import ApiKey
from tenure.kit.rest.auth import caller
from tenure.kit.rest.paging import BIGINT
from tenure.kit.rest.routing import Endpoints

endpoints = Endpoints("keys")


class KeyOut(Schema):
    """A key, without its text."""

    id: int
    name: str
    scope: str = Field(description="ingest (write key of an SDK) or api")
    role: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class KeyIn(Schema):
    """A key to make; ``role`` is what an API key may act as."""

    name: str = Field(max_length=200)
    scope: str = Field(max_length=20)
    role: str = Field("", max_length=40)


class KeyMadeOut(Schema):
    """The new key; ``plain`` is shown only now."""

    key: KeyOut
    plain: str


@endpoints.get("", "keys.manage", list[KeyOut])
def list_keys(request: HttpRequest) -> list[ApiKey]:
    """Every key, newest first."""
    return list(ApiKey.objects.order_by("-id"))


@endpoints.post("", "keys.manage", KeyMadeOut)
def make_key(request: HttpRequest, data: KeyIn) -> dict[str, object]:
    """Make a key."""
    key, plain = keys.make_key(
        data.name, data.scope, role=data.role, by=caller(request), now=datetime.now(UTC)
    )
    return {"key": key, "plain": plain}


@endpoints.delete("/{int:key_id}", "keys.manage", KeyOut)
def revoke_key(request: HttpRequest, key_id: int) -> ApiKey:
    """End a key at once."""
    return keys.revoke(min(key_id, BIGINT), by=caller(request), now=datetime.now(UTC))
