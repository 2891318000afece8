"""Acting on what was refused: repair it, send it again, or dismiss it. Every act is audited.

What is sent again takes the ordinary path and lands once: rows of tables are checked, compared
with the lake and appended; calls of SDKs go back into the inbox, in the transaction that closes
the case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.core import audit
from tenure.facts import (
    contracts,
    frame,
    ingest_policy,
    lake,
    loading,
    times,
    validate,
    validation_errors,
)
from tenure.facts.calls import Call
from tenure.facts.frame import Draft
from tenure.facts.models import InboxRow, Quarantined
from tenure.facts.quarantine import DISMISSED, OPEN, REPLAYED, REPLAYING
from tenure.facts.rejection import explain, shown
from tenure.facts.routing import ROUTING

_ABANDONED = timedelta(minutes=10)
_BATCH = 5000
_CALLS = "segment:batch"


@dataclass(frozen=True)
class Outcome:
    """Whether a repaired fact landed; if not, what is (still) wrong with it."""

    landed: bool
    problem: str = ""


@dataclass(frozen=True)
class Replayed:
    """How many facts landed (or had landed before), and how many are still refused."""

    landed: int
    refused: int


def repair(row_id: int, payload: str, actor: object, now: datetime) -> Outcome:
    """Replace the payload of an open case and send it again.

    SpecError if the payload is no JSON object, or the case is closed. Refused again, it stays open
    with the new payload and the new reason.
    """
    try:
        found = json.loads(payload)
    except ValueError as error:
        raise SpecError("payload", "JSON", str(error), "correct the JSON text") from error
    if not isinstance(found, dict):
        raise SpecError("payload", "JSON", "is no object", "write one row as {...}")
    with transaction.atomic():
        row = Quarantined.objects.select_for_update().filter(pk=row_id).first()
        if row is None or row.state != OPEN:
            state = row.state if row else "gone"
            raise SpecError("quarantine", str(row_id), f"is {state}", "repair an open case")
        before, row.payload = row.payload, payload
        row.save(update_fields=["payload"])
        audit.record(
            actor,
            "quarantine.repair",
            "quarantine",
            row_id,
            {"payload": _digest(before)},
            {"payload": _digest(payload)},
            now=now,
        )
    done = replay([row_id], actor, now)
    reason = Quarantined.objects.values_list("reason", flat=True).get(pk=row_id)
    return Outcome(True) if done.landed else Outcome(False, reason)


def _digest(text: str) -> str:
    """A payload as the trail names it: it may hold personal data, the trail must not."""
    return sha256(text.encode()).hexdigest()[:16]


def replay(rows: QuerySet[Quarantined] | Sequence[int], actor: object, now: datetime) -> Replayed:
    """Send open cases (ids, or a query such as ``quarantine.find(code=...)``) again."""
    ids = (
        list(rows.order_by("pk").values_list("pk", flat=True))
        if isinstance(rows, QuerySet)
        else rows
    )
    landed = refused = 0
    for start in range(0, len(ids), _BATCH):
        mine = _claim(ids[start : start + _BATCH], now)
        for table in sorted({row.table for row in mine}):
            good = _send([row for row in mine if row.table == table], table, actor, now)
            landed += good
        refused += len(mine)
    refused -= landed
    if ids:
        after = {"landed": landed, "refused": refused}
        audit.record(actor, "quarantine.replay", "quarantine", _named(ids), None, after, now=now)
    return Replayed(landed, refused)


def _ids(rows: QuerySet[Quarantined] | Sequence[int]) -> list[int]:
    if isinstance(rows, QuerySet):
        return list(rows.order_by("pk").values_list("pk", flat=True))
    return list(rows)


def _named(ids: Sequence[int]) -> str:
    return str(ids[0]) if len(ids) == 1 else f"{len(ids)} from {ids[0]} to {ids[-1]}"


@transaction.atomic
def dismiss(
    rows: QuerySet[Quarantined] | Sequence[int], reason: str, actor: object, now: datetime
) -> int:
    """Close cases that will never be facts, for a reason that is kept; SpecError without one."""
    if not reason.strip():
        raise SpecError("quarantine", "reason", "is empty", "say why these are dismissed")
    chosen = rows if isinstance(rows, QuerySet) else Quarantined.objects.filter(pk__in=rows)
    ids = list(chosen.filter(state=OPEN).order_by("pk").values_list("pk", flat=True))
    closing = {"state": DISMISSED, "resolved_by": audit.actor_name(actor)[:254], "resolved_at": now}
    for start in range(0, len(ids), _BATCH):
        Quarantined.objects.filter(pk__in=ids[start : start + _BATCH]).update(**closing)
    if ids:
        audit.record(
            actor,
            "quarantine.dismiss",
            "quarantine",
            _named(ids),
            None,
            {"rows": len(ids)},
            reason,
            now=now,
        )
    return len(ids)


@transaction.atomic
def _claim(ids: Sequence[int], now: datetime) -> list[Quarantined]:
    """Those of ``ids`` that nobody else is sending; what a dead process left is taken over."""
    abandoned = Q(state=REPLAYING, resolved_at__lt=now - _ABANDONED)
    free = Quarantined.objects.select_for_update().filter(Q(state=OPEN) | abandoned, pk__in=ids)
    mine = list(free.order_by("pk"))
    Quarantined.objects.filter(pk__in=[r.pk for r in mine]).update(state=REPLAYING, resolved_at=now)
    return mine


def _send(rows: list[Quarantined], table: str, actor: object, now: datetime) -> int:
    payloads = {row.pk: _object(row.payload) for row in rows}
    calls = [r for r in rows if _is_call(payloads[r.pk])]
    facts = [r for r in rows if r not in calls]
    return _send_calls(calls, payloads, actor, now) + _send_rows(facts, payloads, table, actor, now)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_call(payload: dict[str, Any]) -> bool:
    return "type" in payload and "kind" not in payload and "event_id" not in payload


def _send_rows(
    rows: list[Quarantined], payloads: dict[int, Any], table: str, actor: object, now: datetime
) -> int:
    if not rows or table not in TABLES:
        return _reopen(rows, {r.pk: explain("unknown_table", value=shown(table)) for r in rows})
    good: set[int] = set()
    problems: dict[int, str] = {}
    for backfill in (False, True):
        mine = [r for r in rows if bool(payloads[r.pk].get("backfill")) is backfill]
        if mine:
            good |= _land(mine, payloads, table, backfill, now, problems)
    _close([r.pk for r in rows if r.pk in good], actor, now)
    _reopen([r for r in rows if r.pk not in good], problems)
    return len(good)


def _land(
    rows: list[Quarantined],
    payloads: dict[int, Any],
    table: str,
    backfill: bool,
    now: datetime,
    problems: dict[int, str],
) -> set[int]:
    told = [_told(row, payloads[row.pk], backfill) for row in rows]
    checked = validate.check(
        table,
        told,
        now=now,
        source=None,
        backfill=backfill,
        contracts=contracts.current(),
        placeholders=ingest_policy.load().ids.listed,
    )
    for refusal in checked.refusals:
        if not refusal.warn:
            problems[rows[refusal.row].pk] = refusal.reason
    found = loading.fresh(lake.current(), table, checked.facts, now=now)
    if found.facts.num_rows:
        mark = sha256(repr([r.pk for r in rows]).encode()).hexdigest()[:24]
        lake.current().append(table, found.facts, (f"quarantine:{mark}:{now.isoformat()}", 1))
        ROUTING.tell(table, found.facts, now)
    return (
        {rows[i].pk for i in checked.facts["_row"].to_pylist()} if checked.facts.num_rows else set()
    )


def _told(row: Quarantined, payload: dict[str, Any], backfill: bool) -> dict[str, Any]:
    """The row as it is sent again: from the same source, received when it was refused, and told
    apart from equal rows of the same file."""
    told = {k: v for k, v in payload.items() if k != "backfill"}
    told["source"] = row.source
    if not backfill:
        told.setdefault("received_at", row.at.isoformat())
    elif told.get("received_at"):
        told.pop("received_at")
    message_id = told.get("message_id")
    if message_id and row.file:
        earlier = (
            Quarantined.objects.filter(
                file=row.file, source=row.source, message_id=message_id, pk__lt=row.pk
            )
            .exclude(state="warned")
            .count()
        )
        if earlier:
            told["message_id"] = f"{message_id}-{earlier + 1}"
    return told


def _send_calls(
    rows: list[Quarantined], payloads: dict[int, Any], actor: object, now: datetime
) -> int:
    if not rows:
        return 0
    problems = {r.pk: p for r in rows if (p := _call_problem(payloads[r.pk], r, now))}
    good = [r for r in rows if r.pk not in problems]
    with transaction.atomic():
        for row in good:
            body = msgspec.json.encode({"batch": [payloads[row.pk]]})
            InboxRow.objects.create(
                received_at=row.at, source=row.source, endpoint=_CALLS, body=body
            )
        _close([r.pk for r in good], actor, now)
    _reopen([r for r in rows if r.pk in problems], problems)
    return len(good)


def _call_problem(payload: dict[str, Any], row: Quarantined, now: datetime) -> str:  # noqa: ARG001
    policy = ingest_policy.load()
    try:
        call = msgspec.json.decode(msgspec.json.encode(payload), type=Call)
    except msgspec.ValidationError as error:
        return explain("wrong_shape", value=shown(error), field="each field")
    draft = Draft()
    draft.add([call], row.pk, times.of(row.at), row.source)
    columns = frame.columns(draft, policy)
    found = validation_errors.faults(draft, columns, policy)
    if not found:
        return ""
    fault = found[0]
    words = {"field": fault.field or "the call", "value": shown(fault.value), "kind": fault.value}
    return explain(fault.code, **words, table="events", limit=policy.limits.depth)


def _close(ids: Iterable[int], actor: object, now: datetime) -> None:
    closing = {"state": REPLAYED, "resolved_by": audit.actor_name(actor)[:254], "resolved_at": now}
    Quarantined.objects.filter(pk__in=list(ids)).update(**closing)


def _reopen(rows: Iterable[Quarantined], problems: dict[int, str]) -> int:
    for row in rows:
        row.state, row.resolved_at = OPEN, None
        row.reason = problems.get(row.pk, row.reason)
        row.save(update_fields=["state", "resolved_at", "reason"])
    return 0
