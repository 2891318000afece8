"""The audit trail: who changed what, from what to what, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tenure.core.models import AuditEntry

SYSTEM = "tenure"
"""The actor of what Tenure does by itself."""


def actor_name(actor: object) -> str:
    """How the trail names ``actor``: a colleague's address, a key's name, or the text given."""
    return str(getattr(actor, "email", None) or actor or SYSTEM)


def record(
    actor: object,
    action: str,
    target_kind: str,
    target_id: object,
    before: Any = None,
    after: Any = None,
    why: str = "",
    *,
    now: datetime,
) -> AuditEntry:
    """Write one entry, in the caller's transaction: no change without its entry, and no entry
    without its change. ``before`` and ``after`` are JSON values that hold no secret."""
    return AuditEntry.objects.create(
        at=now,
        actor=actor_name(actor)[:254],
        action=action,
        target_kind=target_kind,
        target_id=str(target_id)[:255],
        before=before,
        after=after,
        why=why,
    )


def entries(
    *,
    actor: str = "",
    action: str = "",
    target_kind: str = "",
    target_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
) -> QuerySet[AuditEntry]:
    """Entries that match every filter given, newest first; ``until`` is exclusive.

    Page on by passing the id of the last entry seen as ``before_id``.
    """
    match = Q()
    exact = {"actor": actor, "target_kind": target_kind, "target_id": target_id}
    for field, value in exact.items():
        if value:
            match &= Q(**{field: value})
    if action:
        match &= Q(action=action) | Q(action__startswith=f"{action}.")
    for lookup, moment in (("at__gte", since), ("at__lt", until), ("id__lt", before_id)):
        if moment is not None:
            match &= Q(**{lookup: moment})
    return AuditEntry.objects.filter(match).order_by("-id")
