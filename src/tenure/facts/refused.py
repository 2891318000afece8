"""Keeping what the flush refuses, with the reason in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tenure.facts.calls import Misfit
from tenure.facts.models import Quarantined
from tenure.facts.refusal import explain, shown

_MOST = 20_000  # characters of a payload that is kept


@dataclass(frozen=True)
class Refused:
    """A misfit and the source it came from."""

    source: str
    misfit: Misfit
    name: str = ""
    reason: str = ""


def keep(refused: Sequence[Refused], *, limit: int, now: datetime) -> None:
    """Quarantine these, in the current transaction; the same thing twice is kept once."""
    rows = [_row(item, limit, now) for item in refused]
    Quarantined.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def _row(item: Refused, limit: int, now: datetime) -> Quarantined:
    misfit = item.misfit
    payload = _clean(misfit.payload)
    mark = "\0".join((item.source, misfit.code, misfit.field, misfit.message_id, payload))
    return Quarantined(
        at=now,
        source=item.source,
        table="events",
        name=_clean(item.name)[:200],
        code=misfit.code,
        reason=item.reason or _reason(misfit, limit),
        field=_clean(misfit.field)[:200],
        payload=payload[:_MOST],
        message_id=_clean(misfit.message_id)[:255],
        fingerprint=sha256(mark.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def _reason(misfit: Misfit, limit: int) -> str:
    words = {"field": misfit.field or "the call", "value": shown(_clean(misfit.value))}
    return explain(misfit.code, **words, table="events", kind=misfit.value, limit=limit)


def _clean(text: str) -> str:
    """Text any database keeps."""
    return text.replace("\0", "\\u0000").encode("utf-8", "replace").decode()
