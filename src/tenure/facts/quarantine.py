"""What was refused: kept with its reason, repaired, sent again, or dismissed by a person.

A refused fact is ``open`` until somebody acts: ``replayed`` (it landed), ``dismissed`` (it never
will), ``warned`` (it landed all the same; shown once a day for each kind of breach).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from tenure.facts.models import Quarantined
from tenure.facts.rejection import Refusal

OPEN, REPLAYING, REPLAYED, DISMISSED, WARNED = (
    "open",
    "replaying",
    "replayed",
    "dismissed",
    "warned",
)
_BATCH = 2000


def keep(
    refusals: Sequence[Refusal],
    *,
    table: str,
    source: str,
    now: datetime,
    file: str = "",
    lines: Sequence[int] | None = None,
) -> int:
    """Put refused facts into quarantine; gives how many were not there yet.

    The same refusal again (same source, file, line, payload and reason) changes nothing.
    """
    rows = {}
    for i, refusal in enumerate(refusals):
        line = lines[i] if lines else None
        row = _row(refusal, table, source, file, line, now)
        rows[row.fingerprint] = row
    before = Quarantined.objects.count() if rows else 0
    Quarantined.objects.bulk_create(rows.values(), batch_size=_BATCH, ignore_conflicts=True)
    return Quarantined.objects.count() - before if rows else 0


def _row(
    refusal: Refusal, table: str, source: str, file: str, line: int | None, now: datetime
) -> Quarantined:
    day = now.date() if refusal.warn else None
    return Quarantined(
        at=now,
        source=source[:80],
        table=table[:40],
        name=refusal.name[:200],
        code=refusal.code,
        reason=refusal.reason.replace("\0", ""),
        field=refusal.field[:200],
        payload=refusal.payload.replace("\0", ""),
        file=file[-255:],
        line=line,
        message_id=refusal.message_id[:255],
        fingerprint=_fingerprint(refusal, table, source, file, line, day),
        state=WARNED if refusal.warn else OPEN,
    )


def _fingerprint(
    refusal: Refusal, table: str, source: str, file: str, line: int | None, day: date | None
) -> str:
    if day is not None:
        parts: tuple[object, ...] = (table, source, refusal.name, refusal.code, refusal.field, day)
    else:
        parts = (table, source, file, line, refusal.code, refusal.payload)
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def find(
    *,
    state: str = OPEN,
    table: str = "",
    source: str = "",
    code: str = "",
    name: str = "",
    file: str = "",
    search: str = "",
) -> QuerySet[Quarantined]:
    """Refused facts that match every filter given, newest first; ``state`` empty means all."""
    match = Q()
    given = {
        "state": state,
        "table": table,
        "source": source,
        "code": code,
        "name": name,
        "file": file,
    }
    for field, value in given.items():
        if value:
            match &= Q(**{field: value})
    if search:
        match &= Q(payload__icontains=search) | Q(reason__icontains=search)
    return Quarantined.objects.filter(match).order_by("-at", "-pk")


@dataclass(frozen=True)
class Kind:
    """Refusals of one kind: what is wrong where, how often, since when; and one reason."""

    table: str
    source: str
    name: str
    code: str
    field: str
    rows: int
    first_at: datetime
    last_at: datetime
    example: str


def kinds(**filters: str) -> list[Kind]:
    """Refused facts grouped by what is wrong, the most frequent first; filters as in ``find``."""
    keys = ("table", "source", "name", "code", "field")
    grouped = (
        find(**filters)
        .order_by()
        .values(*keys)
        .annotate(rows=Count("pk"), first=Min("at"), last=Max("at"), one=Max("pk"))
        .order_by("-rows")
    )
    found: list[dict[str, Any]] = list(grouped[:500])
    reasons = dict(
        Quarantined.objects.filter(pk__in=[g["one"] for g in found]).values_list("pk", "reason")
    )
    return [
        Kind(
            **{k: g[k] for k in keys},
            rows=g["rows"],
            first_at=g["first"],
            last_at=g["last"],
            example=reasons.get(g["one"], ""),
        )
        for g in found
    ]


def counts() -> dict[str, int]:
    """How many there are in each state."""
    grouped = Quarantined.objects.order_by().values("state").annotate(rows=Count("pk"))
    return {row["state"]: row["rows"] for row in grouped}
