"""What pages and the API ask about plays. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from tenure.channels.models import Message
from tenure.plays.models import ACTIVE, Enrolment
from tenure.plays.steps import source
from tenure.work.tasks.models import Task

LATELY = 30
"""Days that count as lately in overviews."""


@dataclass(frozen=True)
class Counts:
    """Numbers of one play; ``entered`` and ``reached`` since the moment asked for."""

    inside: int
    entered: int
    held_out: int
    reached: int
    last: datetime | None


def by_play(since: datetime, name: str = "") -> dict[str, Counts]:
    """The counts of every play that anybody ever entered, or of one."""
    rows = Enrolment.objects.filter(play=name) if name else Enrolment.objects.all()
    lately = Q(entered_at__gte=since)
    found = (
        rows.order_by()
        .values("play")
        .annotate(
            inside=Count("pk", filter=Q(state=ACTIVE)),
            entered=Count("pk", filter=lately & Q(held_out=False)),
            held=Count("pk", filter=lately & Q(held_out=True)),
            reached=Count("pk", filter=lately & Q(held_out=False, goal_at__isnull=False)),
            last=Max("entered_at"),
        )
    )
    return {
        r["play"]: Counts(r["inside"], r["entered"], r["held"], r["reached"], r["last"])
        for r in found
    }


def rounds(name: str, *, state: str = "", search: str = "") -> QuerySet[Enrolment]:
    """Who was let into a play (or held out), latest first."""
    rows = Enrolment.objects.filter(play=name).order_by("-entered_at", "-pk")
    if state:
        rows = rows.filter(state=state)
    if search:
        rows = rows.filter(Q(account_id__icontains=search) | Q(person_id__icontains=search))
    return rows


def of_account(account_id: str, most: int) -> QuerySet[Enrolment]:
    """The latest rounds of an account, in any play."""
    return Enrolment.objects.filter(account_id=account_id).order_by("-entered_at")[:most]


def messages_of(row: Enrolment) -> QuerySet[Message]:
    """Every message of a round, whatever became of it."""
    key = f"{source(row.play)}:{row.pk}:"
    return Message.objects.filter(source=source(row.play), key__startswith=key).order_by("pk")


def tasks_of(row: Enrolment) -> QuerySet[Task]:
    """Tasks that the play has opened for the account since the round began."""
    rows = Task.objects.filter(source=source(row.play), account_id=row.account_id)
    return rows.filter(updated_at__gte=row.entered_at).order_by("pk")
