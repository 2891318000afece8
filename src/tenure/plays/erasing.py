"""What plays know of a person, and how they forget."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.plays import snapshot
from tenure.plays.models import ACTIVE, STOPPED, Enrolment


def export(subject: Subject) -> list[dict[str, Any]]:
    """Plays the person was in, and why."""
    columns = ("play", "account_id", "state", "why", "note", "entered_at", "ended_at")
    return list(Enrolment.objects.filter(person_id__in=subject.ids).order_by("pk").values(*columns))


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:
    """Rows stay, so that the effect of a play is what it was, without person and reasons; no play
    goes on with them."""
    mine = list(Enrolment.objects.filter(person_id__in=subject.ids).order_by("pk"))
    for number, row in enumerate(mine):
        if row.state == ACTIVE:
            row.state, row.ended_at = STOPPED, now
        if row.subject in subject.ids:
            row.subject = f"{pseudonym}-{number}"  # two of their ids may have been in one play
        row.person_id, row.why, row.note = pseudonym, {}, ""
        row.save()
    snapshot.rewrite(
        lambda account, text: (
            pseudonym if subject.is_called(text) else subject.without(text, account)
        )
    )
    return {"enrolments": len(mine)}


PART = Part("plays", export, erase)
