"""What dunning knows of a person (whom it wrote to), and how it forgets it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasing import without
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.programs.dunning.models import Step


def _mentions(subject: Subject) -> list[Step]:
    rows = Step.objects.exclude(detail="").select_related("case").iterator(500)
    return [row for row in rows if subject.within(row.detail)]


def export(subject: Subject) -> list[dict[str, Any]]:
    """Steps of cases in which the person was written to or is mentioned."""
    return [
        {"invoice": s.case.invoice_id, "what": s.what, "at": s.at, "detail": s.detail}
        for s in _mentions(subject)
    ]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """The steps stay (they are the money's history), without the address."""
    changed = _mentions(subject)
    for step in changed:
        step.detail = without(step.detail, subject)
        step.save(update_fields=["detail"])
    return {"dunning": len(changed)}


PART = Part("dunning", export, erase)
