"""Taking rows in: checked for the sender's sake, kept as they came, landed later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from tenure.facts import contracts, ingest_policy, validate
from tenure.facts.inbox import RawRequest, store
from tenure.facts.rejection import Refusal

PREFIX = "rows:"
"""Beginning of the endpoint under which posted rows are kept in the inbox."""
CALLS = "segment:batch"
_AS_CALL = {
    "event": "event",
    "person_id": "userId",
    "anonymous_id": "anonymousId",
    "account_id": "groupId",
    "timestamp": "timestamp",
    "message_id": "messageId",
}


class Posted(msgspec.Struct):
    """The body of such an inbox row."""

    rows: list[dict[str, Any]]
    backfill: bool = False


def take(
    table: str, rows: Sequence[Mapping[str, Any]], *, source: str, backfill: bool, now: datetime
) -> list[Refusal]:
    """Keep ``rows`` durably; gives those that will be refused, with the reason.

    Refused rows are kept too: they go to quarantine, where they can be repaired. Live events take
    the way of SDK calls, so that they find the account of their person.
    """
    checked = validate.check(
        table,
        rows,
        now=now,
        source=source,
        backfill=backfill,
        contracts=contracts.current(),
        placeholders=ingest_policy.load().ids.listed,
    )
    if table == "events" and not backfill:
        body, endpoint = msgspec.json.encode({"batch": [_call(row) for row in rows]}), CALLS
    else:
        kept = Posted([dict(row) for row in rows], backfill)
        body, endpoint = msgspec.json.encode(kept), f"{PREFIX}{table}"
    store([RawRequest(now, source[:80], endpoint, body)])
    return [refusal for refusal in checked.refusals if not refusal.warn]


def _call(row: Mapping[str, Any]) -> dict[str, Any]:
    call: dict[str, Any] = {"type": "track"}
    properties = row.get("properties")
    rest = dict(properties) if isinstance(properties, Mapping) else {}
    for name, value in row.items():
        if name in _AS_CALL:
            call[_AS_CALL[name]] = value
        elif name == "session_id":
            call["context"] = {"sessionId": value}
        elif name != "properties":
            rest[name] = value
    return {**call, "properties": rest}
