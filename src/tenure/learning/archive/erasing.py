"""Where colleagues may have named a person in an experiment, and how it is forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasing import without
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.learning.archive.models import Experiment

_TEXTS = ("title", "hypothesis", "learned")


def export(subject: Subject) -> list[dict[str, Any]]:
    """Texts in which the person is named."""
    rows = Experiment.objects.values("key", *_TEXTS)
    return [row for row in rows if any(subject.within(row[name]) for name in _TEXTS)]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """The texts stay without the name."""
    changed = export(subject)
    for row in changed:
        clean = {name: without(row[name], subject) for name in _TEXTS}
        Experiment.objects.filter(key=row["key"]).update(**clean)
    return {"experiments": len(changed)}


PART = Part("experiments", export, erase)
