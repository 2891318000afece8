"""Which visits there are: what others ask of the cancel flow. Loads nothing that calculates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from tenure.programs.cancel import documents
from tenure.programs.cancel.models import Offered, Visit


@dataclass(frozen=True)
class VisitFilter:
    """Which visits: begun from ``since`` on and before ``until``; empty texts are no condition."""

    since: datetime | None = None
    until: datetime | None = None
    outcome: str = ""
    reason: str = ""
    offer: str = ""
    segment: str = ""
    plan: str = ""
    tenure: str = ""
    arm: str = ""


def last_reason(account: str, until: datetime) -> Visit | None:
    """The account's last visit begun up to ``until`` in which a reason was given."""
    rows = Visit.objects.filter(account_id=account, started_at__lte=until).exclude(reason="")
    return rows.order_by("-started_at").first()


def matching(ask: VisitFilter) -> QuerySet[Visit]:
    """The visits asked for, latest first."""
    match = Q()
    if ask.since:
        match &= Q(started_at__gte=ask.since)
    if ask.until:
        match &= Q(started_at__lt=ask.until)
    if ask.outcome:
        match &= Q(outcome="" if ask.outcome == "open" else ask.outcome)
    if ask.reason:
        match &= Q(reason="" if ask.reason == "not said" else ask.reason)
    for name, column in (("plan", "plan_id"), ("arm", "arm")):
        if value := getattr(ask, name):
            match &= Q(**{column: value})
    if ask.offer:
        match &= Q(pk__in=Offered.objects.filter(name=ask.offer).values("visit"))
    if ask.tenure:
        match &= _tenure(ask.tenure)
    rows = Visit.objects.filter(match).order_by("-started_at", "-pk")
    return rows.filter(pk__in=_in_segment(rows, ask.segment)) if ask.segment else rows


def _tenure(name: str) -> Q:
    least = 0
    for band in documents.current().counting.tenures:
        if band.name == name:
            below = Q() if band.below is None else Q(tenure_days__lt=band.below)
            return below & Q(tenure_days__gte=least)
        least = band.below or least
    return Q(tenure_days=None)


def _in_segment(rows: QuerySet[Visit], segment: str) -> list[int]:
    """JSON lists are looked into here, as SQLite and PostgreSQL do so each in their own way."""
    wanted = set() if segment == "none" else {segment}
    return [
        pk
        for pk, held in rows.values_list("pk", "segments")
        if (wanted & set(held)) or (not wanted and not held)
    ]
