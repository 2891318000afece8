"""What tasks say of a person, and how they forget."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.work.tasks.models import Task


def export(subject: Subject) -> list[dict[str, Any]]:
    """Tasks about the person."""
    columns = ("account_id", "title", "reason", "words", "note", "created_at", "closed_at")
    return list(Task.objects.filter(person_id__in=subject.ids).order_by("pk").values(*columns))


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Tasks about the person stay, for the account's sake, without what was said."""
    mine = Task.objects.filter(person_id__in=subject.ids)
    return {"tasks": mine.update(person_id=pseudonym, reason="", words="", note="")}


PART = Part("tasks", export, erase)
