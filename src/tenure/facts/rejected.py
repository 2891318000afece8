"""Keeping what the flush refuses, with the reason in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure.facts import quarantine
from tenure.facts.calls import Invalid
from tenure.facts.rejection import Refusal, explain, shown

_MOST = 20_000  # characters of a payload that is kept


@dataclass(frozen=True)
class Rejected:
    """A misfit and the source it came from; with ``warn`` the fact landed all the same."""

    source: str
    misfit: Invalid
    name: str = ""
    reason: str = ""
    warn: bool = False


def keep(refused: Sequence[Rejected], *, limit: int, now: datetime) -> None:
    """Quarantine these, in the current transaction; the same thing twice is kept once."""
    for source in sorted({item.source for item in refused}):
        mine = [_refusal(item, limit) for item in refused if item.source == source]
        quarantine.keep(mine, table="events", source=source, now=now)


def _refusal(item: Rejected, limit: int) -> Refusal:
    misfit = item.misfit
    return Refusal(
        row=0,
        code=misfit.code,
        field=_clean(misfit.field),
        reason=item.reason or _reason(misfit, limit),
        payload=_clean(misfit.payload)[:_MOST],
        name=_clean(item.name),
        message_id=_clean(misfit.message_id)[:255],
        warn=item.warn,
    )


def _reason(misfit: Invalid, limit: int) -> str:
    words = {"field": misfit.field or "the call", "value": shown(_clean(misfit.value))}
    return explain(misfit.code, **words, table="events", kind=misfit.value, limit=limit)


def _clean(text: str) -> str:
    """Text any database keeps."""
    return text.replace("\0", "\\u0000").encode("utf-8", "replace").decode()
