"""The inbox: requests as they came, acknowledged once committed, until the flush has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction

from tenure.facts import bulk
from tenure.facts.calls import Call, Invalid, Parsed
from tenure.facts.models import InboxRow

OWN = "own"
OWN_SOURCE = "tenure"


@dataclass(frozen=True)
class RawRequest:
    """One request on its way into the inbox."""

    received_at: datetime
    source: str
    endpoint: str
    body: bytes


@dataclass(frozen=True)
class OwnFact:
    """Something Tenure did; ``event`` gets the prefix ``tenure.``. ``fact_id`` makes it once."""

    event: str
    account_id: str | None
    timestamp: datetime
    person_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    fact_id: str = ""


def store(letters: Sequence[RawRequest]) -> None:
    """Commit requests together: when this returns, they are durable.

    Many rows a statement: SQLite's binding lets go of the interpreter at each, and on a busy server
    waits long to get it back.
    """
    head = f"INSERT INTO {InboxRow._meta.db_table} (received_at, source, endpoint, body) VALUES "
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(letters), _A_STATEMENT):
            some = letters[start : start + _A_STATEMENT]
            rows = [v for x in some for v in (_moment(x.received_at), x.source, x.endpoint, x.body)]
            cursor.execute(head + ", ".join(["(%s, %s, %s, %s)"] * len(some)), rows)


_A_STATEMENT = 128  # rows


def _moment(moment: datetime) -> Any:
    if connection.vendor == "sqlite":
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return moment


class Kept(NamedTuple):
    """One request in the inbox."""

    id: int
    received_at: datetime
    source: str
    endpoint: str
    body: bytes


def read(ids: Sequence[int]) -> list[Kept]:
    """These requests, in the order in which they came."""
    columns = ("id", "received_at", "source", "endpoint", "body")
    rows = bulk.select(InboxRow, columns, "id", ids)
    return sorted(
        Kept(pk, bulk.as_datetime(at), source, endpoint, bytes(body))
        for pk, at, source, endpoint, body in rows
    )


class _Own(msgspec.Struct, gc=False):
    event: str
    account_id: str | None
    person_id: str | None
    timestamp: str
    properties: msgspec.Raw
    fact_id: str


def record_own(facts: Iterable[OwnFact], *, now: datetime) -> None:
    """Write Tenure's own facts to the inbox *in the current transaction*: they are told of if,
    and only if, the state they tell of is committed."""
    rows = [
        {
            "event": fact.event if fact.event.startswith("tenure.") else f"tenure.{fact.event}",
            "account_id": fact.account_id,
            "person_id": fact.person_id,
            "timestamp": fact.timestamp.astimezone(UTC).isoformat(),
            "properties": fact.properties,
            "fact_id": fact.fact_id,
        }
        for fact in facts
    ]
    for start in range(0, len(rows), 1000):
        body = msgspec.json.encode(rows[start : start + 1000])
        InboxRow.objects.create(received_at=now, source=OWN_SOURCE, endpoint=OWN, body=body)


_own = msgspec.json.Decoder(list[_Own])


def parse_own(body: bytes) -> Parsed:
    """Own facts as calls."""
    calls = [
        Call(
            type="own",
            message_id=f"tenure:{fact.fact_id}" if fact.fact_id else None,
            event=fact.event,
            user_id=fact.person_id,
            group_id=fact.account_id,
            timestamp=fact.timestamp,
            properties=fact.properties,
        )
        for fact in _own.decode(body)
    ]
    return Parsed(calls)


def waiting() -> int:
    """How many requests wait for the flush, quickly: exact up to a few rows."""
    newest = InboxRow.objects.order_by("-pk").values_list("pk", flat=True).first()
    oldest = InboxRow.objects.order_by("pk").values_list("pk", flat=True).first()
    return 0 if newest is None or oldest is None else newest - oldest + 1


__all__ = ["OWN", "Invalid", "OwnFact", "RawRequest", "parse_own", "record_own", "store", "waiting"]
