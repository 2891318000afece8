"""What the cancel flow knows of a person, and how it forgets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.programs.cancel.models import Visit


def export(subject: Subject) -> Any:
    """The person's visits, with what they said and what they were offered."""
    columns = (
        "account_id",
        "subscription_id",
        "started_at",
        "reason",
        "more",
        "outcome",
        "ended_at",
        "improve",
        "would_return",
    )
    return [
        {
            **{name: getattr(visit, name) for name in columns},
            "offers": list(visit.offers.values("name", "shown_at", "answer")),
        }
        for visit in Visit.objects.filter(person_id__in=subject.ids).order_by("pk")
    ]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Visits stay, for the account's sake, without person and words."""
    mine = Visit.objects.filter(person_id__in=subject.ids)
    count = mine.update(person_id=pseudonym, more="", improve="")
    return {"cancel_visits": count}


PART = Part("cancel_visits", export, erase)
