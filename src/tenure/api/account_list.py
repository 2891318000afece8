"""Walking through all accounts that match a filter, in order of their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from tenure.accounts.models import Account, SegmentMember
from tenure.health.models import AccountHealth


@dataclass(frozen=True)
class Wanted:
    """Which accounts; an empty field asks nothing."""

    model: str
    q: str = ""
    segment: str = ""
    band: str = ""
    risk_level: str = ""
    owner: str = ""
    stage: str = ""
    status: str = ""


def find(wanted: Wanted, after: str, limit: int) -> list[dict[str, Any]]:
    """Up to ``limit`` accounts after the id ``after``, each with its ``score``, if it has one."""
    found = list(_matching(wanted).filter(pk__gt=after).order_by("pk")[:limit])
    scores = AccountHealth.objects.filter(model=wanted.model, account__in=[a.pk for a in found])
    by_account = {score.account_id: score for score in scores.defer("signals", "signal_trend")}
    return [{"account": account, "score": by_account.get(account.pk)} for account in found]


def _matching(wanted: Wanted) -> QuerySet[Account]:
    exact = {"stage": wanted.stage, "status": wanted.status}
    match = Q(**{field: value for field, value in exact.items() if value})
    if wanted.owner:
        match &= Q(owner__email=wanted.owner.lower()) | Q(owner_email=wanted.owner)
    if wanted.q:
        match &= Q(name__icontains=wanted.q) | Q(domain__icontains=wanted.q) | Q(pk=wanted.q)
    if wanted.segment:
        members = SegmentMember.objects.filter(account=OuterRef("pk"), segment=wanted.segment)
        match &= Q(Exists(members))
    about_score = {"shown_band": wanted.band, "risk_level": wanted.risk_level}
    if asked := {field: value for field, value in about_score.items() if value}:
        scores = AccountHealth.objects.filter(account=OuterRef("pk"), model=wanted.model, **asked)
        match &= Q(Exists(scores))
    return Account.objects.filter(match).select_related("owner").defer("traits")
