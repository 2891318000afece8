"""What became of a message at the person's end: laid in, seen, clicked, closed. Each once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from tenure.channels import registry
from tenure.channels.models import Message, Reception
from tenure.facts.inbox import OwnFact, record_own

ACTS = ("seen", "clicked", "dismissed")


def place(key: str, slot: str, days: float, now: datetime) -> Reception | None:
    """Lay the message called ``key`` in, for ``days``; the same message again is there already.
    None if there is no such message (any more)."""
    message = Message.objects.filter(key=key).first()
    if message is None:
        return None
    placed, _ = Reception.objects.get_or_create(
        message=message,
        defaults={
            "code": secrets.token_urlsafe(18),
            "slot": slot,
            "person_id": message.person_id,
            "account_id": message.account_id,
            "placed_at": now,
            "expires_at": now + timedelta(days=days),
        },
    )
    return placed


@transaction.atomic
def record(row: Reception, act: str, now: datetime) -> bool:
    """Keep that the person did ``act`` (seen, clicked, dismissed) with the message, and tell of it
    as a fact; False if that was known. Whoever clicks or closes has seen."""
    new = _once(row, act, now)
    if act != "seen":
        _once(row, "seen", now)
    return new


def _once(row: Reception, act: str, now: datetime) -> bool:
    column = f"{act}_at"
    if not Reception.objects.filter(pk=row.pk, **{column: None}).update(**{column: now}):
        return False
    emit(row, act, now, {})
    return True


def emit(row: Reception, act: str, now: datetime, more: Mapping[str, Any], mark: str = "") -> None:
    """A fact of what the person did, in the current transaction."""
    message = row.message
    told = {
        "channel": message.channel,
        "purpose": message.purpose,
        "source": message.source,
        "message": message.key,
        "slot": row.slot,
        **more,
    }
    record_own(
        [
            OwnFact(
                f"message_{act}",
                row.account_id or None,
                now,
                row.person_id or None,
                told,
                fact_id=f"message:{message.key}:{act}{mark}",
            )
        ],
        now=now,
    )


def _taken_out() -> list[str]:
    return [name for name, kind in registry.kinds().items() if kind.taken_out]


def withdraw(messages: QuerySet[Message], now: datetime) -> int:
    """Take messages out of the product again, seen or not; gives how many."""
    lying = Reception.objects.filter(message__in=messages.filter(channel__in=_taken_out()))
    return lying.filter(withdrawn_at=None).update(withdrawn_at=now)
