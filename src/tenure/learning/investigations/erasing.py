"""What investigations know of a person, and how they forget it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.erasing import without
from tenure.facts.erasure import Part
from tenure.facts.persons import Subject
from tenure.learning.investigations.models import Change, ExitInterview, Investigation, Review

_TEXTS = ("how", "why")


def _mine(subject: Subject) -> list[ExitInterview]:
    rows = ExitInterview.objects.filter(person_id__in=subject.ids)
    by_mail = ExitInterview.objects.filter(address__in=subject.mails)
    return list((rows | by_mail).select_related("investigation").order_by("pk"))


def export(subject: Subject) -> Any:
    """The exit interviews of the person."""
    return [
        {
            "account_id": row.investigation.account_id, "asked_at": row.asked_at,
            "answered_at": row.answered_at, "reason": row.reason, "words": row.words,
            "would_return": row.would_return,
        }
        for row in _mine(subject)
    ]  # fmt: skip


def erase(subject: Subject, pseudonym: str, now: datetime) -> dict[str, int]:  # noqa: ARG001
    """Interviews stay, for the account's sake, without person, address and words; what colleagues
    wrote loses the mention."""
    mine = _mine(subject)
    ExitInterview.objects.filter(pk__in=[row.pk for row in mine]).update(
        person_id=pseudonym, address="", words=""
    )
    for other in ExitInterview.objects.exclude(words="").iterator(500):
        if (clean := without(other.words, subject)) != other.words:
            ExitInterview.objects.filter(pk=other.pk).update(words=clean)
    for one in Investigation.objects.only("pk", "dossier", *_TEXTS).iterator(200):
        _clean(one, subject)
    for row in Review.objects.exclude(note=""):
        if (clean := without(row.note, subject)) != row.note:
            Review.objects.filter(pk=row.pk).update(note=clean)
    for change in Change.objects.all():
        told = {name: without(getattr(change, name), subject) for name in ("title", "owner")}
        if any(getattr(change, name) != text for name, text in told.items()):
            Change.objects.filter(pk=change.pk).update(**told)
    return {"exit_interviews": len(mine)}


def _clean(one: Investigation, subject: Subject) -> None:
    changed: dict[str, Any] = {
        name: clean
        for name in _TEXTS
        if (clean := without(getattr(one, name), subject)) != getattr(one, name)
    }
    contacts = [{**c, "what": without(c["what"], subject)} for c in one.dossier.get("contacts", [])]
    if contacts != one.dossier.get("contacts", []):
        changed["dossier"] = {**one.dossier, "contacts": contacts}
    if changed:
        Investigation.objects.filter(pk=one.pk).update(**changed)


PART = Part("exit_interviews", export, erase)
