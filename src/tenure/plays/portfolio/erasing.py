"""What hand-offs say of a person, and how they forget it: mentions go, the work stays."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tenure.facts.erasing import without
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.plays.portfolio.models import HandOff

_TEXTS = ("title", "why", "note", "reference")
_LISTS = ("links", "back_links")


def export(subject: Subject) -> list[dict[str, Any]]:
    """Hand-offs that mention the person."""
    return [
        {name: getattr(row, name) for name in ("kind", *_TEXTS, *_LISTS, "opened_at")}
        for row in HandOff.objects.iterator(500)
        if any(subject.within(text) for text in _words(row))
    ]


def _words(row: HandOff) -> list[str]:
    return [getattr(row, name) for name in _TEXTS] + [json.dumps(getattr(row, n)) for n in _LISTS]


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Texts lose the mention."""
    changed = 0
    for row in HandOff.objects.iterator(500):
        if not any(subject.within(text) for text in _words(row)):
            continue
        for name in _TEXTS:
            setattr(row, name, without(getattr(row, name), subject))
        for name in _LISTS:
            setattr(row, name, json.loads(without(json.dumps(getattr(row, name)), subject)))
        row.save(update_fields=[*_TEXTS, *_LISTS])
        changed += 1
    return {"hand_offs": changed}


PART = Part("hand_offs", export, erase)
