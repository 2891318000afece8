"""Handing a message in: it is written down in the caller's transaction, and settled later.

A message handed in twice under one key is one message, so whoever sends may die and run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from tenure.accounts.bulk import upsert
from tenure.analytics.errors import SpecError
from tenure.channels import reception, registry
from tenure.channels.models import CANCELLED, OPEN, SENDING, Message
from tenure.channels.settings import Cap, Numbers
from tenure.core import policy as policies


@dataclass(frozen=True)
class Draft:
    """A message that is to go out.

    ``key`` makes it once (``play:no-login:17:mail-1``); ``source`` is who sends it and what its own
    ``caps`` count; ``content`` is what the channel asks for (mail: subject and text).
    """

    key: str
    channel: str
    purpose: str
    address: str
    content: dict[str, Any]
    due_at: datetime
    source: str = ""
    person_id: str = ""
    account_id: str = ""
    caps: tuple[Cap, ...] = ()
    urgent: bool = False
    held_out: bool = False
    context: dict[str, Any] = field(default_factory=dict)


def submit(drafts: Iterable[Draft], *, now: datetime) -> None:
    """Write the messages down, in the current transaction; those known by their key stay as they
    are. SpecError for an unknown channel or purpose, or content the channel cannot send."""
    numbers = policies.load("channels")
    rows = [_row(draft, numbers, now) for draft in drafts]
    with transaction.atomic():
        upsert(Message, rows, ["key"], [])


def _row(draft: Draft, numbers: Numbers, now: datetime) -> dict[str, Any]:
    _check(draft, numbers)
    return {
        "key": draft.key,
        "channel": draft.channel,
        "purpose": draft.purpose,
        "source": draft.source,
        "recipient": recipient_of(draft.person_id, draft.address),
        "person_id": draft.person_id,
        "account_id": draft.account_id,
        "address": draft.address,
        "content": draft.content,
        "caps": json.dumps([cap.model_dump() for cap in draft.caps]),
        "urgent": draft.urgent,
        "held_out": draft.held_out,
        "state": "queued",
        "rule": "",
        "reason": "",
        "due_at": draft.due_at,
        "send_after": max(draft.due_at, now),
        "attempts": 0,
        "lease_owner": "",
        "error": "",
        "receipt": "",
        "outcome": "",
        "outcome_text": "",
        "created_at": now,
    }


def _check(draft: Draft, numbers: Numbers) -> None:
    """SpecError if the message could never be sent, with what to do about it."""
    for kind, name, known in (
        ("channel", draft.channel, numbers.channels),
        ("purpose", draft.purpose, numbers.purposes),
    ):
        if name not in known:
            names = ", ".join(known)
            raise SpecError(draft.key, kind, f"there is no {kind} {name!r}", f"use one of: {names}")
    registry.channel(draft.channel).check(draft.key, draft.address, draft.content)


def recipient_of(person_id: str, address: str) -> str:
    """Who is restrained: the person, or the address if nobody is known behind it."""
    return (person_id or address.lower())[:254]


def cancel(source: str, *, now: datetime, keys: Sequence[str] | None = None) -> int:
    """Stop what ``source`` has handed in and what has not begun to leave; gives how many. What lies
    in the product is taken out of it."""
    all_of_it = Message.objects.filter(source=source)
    if keys is not None:
        all_of_it = all_of_it.filter(key__in=keys)
    reception.withdraw(all_of_it, now)
    waiting = all_of_it.filter(state__in=[s for s in OPEN if s != SENDING])
    return waiting.update(state=CANCELLED, reason="its source was stopped", settled_at=now)
