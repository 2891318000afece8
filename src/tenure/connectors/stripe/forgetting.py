"""Notices that still wait or could not be read when a person is exported or erased.

Whatever else Stripe told has become facts, and is found there.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tenure.connectors.models import StripeParked, StripeTrouble
from tenure.facts.erasing import without
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject

Notice = StripeParked | StripeTrouble


def _plain(body: bytes) -> str:
    """The notice as one text in which a name stands as it is written, not in escapes."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        return bytes(body).decode(errors="replace")


def _naming(subject: Subject) -> list[tuple[Notice, str]]:
    found: list[tuple[Notice, str]] = []
    for kind in (StripeParked, StripeTrouble):
        for row in kind.objects.iterator(chunk_size=500):
            text = _plain(bytes(row.body))
            if subject.within(f"{text}\n{getattr(row, 'error', '')}"):
                found.append((row, text))
    return found


def export(subject: Subject) -> list[dict[str, Any]]:
    """Notices that name the person."""
    return [
        {"event": row.event_id, "received_at": row.received_at, "body": text}
        for row, text in _naming(subject)
    ]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """The notices stay (they are the money's), and name the person no more."""
    named = _naming(subject)
    for row, text in named:
        row.body = without(text, subject).encode()
        if isinstance(row, StripeTrouble):
            row.error = without(row.error, subject)
        row.save()
    return {"stripe_notices": len(named)}


PART = Part("stripe_notices", export, erase)
