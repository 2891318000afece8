"""What investigations know of a person, and how they forget it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.learning.investigations.models import ExitInterview


def _mine(subject: Subject) -> list[ExitInterview]:
    rows = ExitInterview.objects.filter(person_id__in=subject.ids)
    by_mail = ExitInterview.objects.filter(address__in=subject.mails)
    return list((rows | by_mail).select_related("investigation").order_by("pk"))


def export(subject: Subject) -> Any:
    """The exit interviews of the person."""
    return [
        {
            "account_id": row.investigation.account_id,
            "asked_at": row.asked_at,
            "answered_at": row.answered_at,
            "reason": row.reason,
            "words": row.words,
            "would_return": row.would_return,
        }
        for row in _mine(subject)
    ]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Interviews stay, for the account's sake, without person, address and words."""
    mine = _mine(subject)
    ExitInterview.objects.filter(pk__in=[row.pk for row in mine]).update(
        person_id=pseudonym, address="", words=""
    )
    return {"exit_interviews": len(mine)}


PART = Part("exit_interviews", export, erase)
