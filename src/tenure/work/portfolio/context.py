"""What the portfolio looks at: customers as they are now, and contacts as the lake knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import F

from tenure.accounts import segments
from tenure.accounts.models import Account, SegmentMember
from tenure.core.models import User
from tenure.facts.reading import dated, latest, text
from tenure.health import queries as health
from tenure.health.models import AccountHealth
from tenure.work.portfolio.overdue_touches import Contact, Customer

TABLE = "interactions"
_MONTHS = 12


def customers(only: Collection[str] | None = None) -> list[Customer]:
    """The accounts that are customers now, by id; of ``only`` those if given."""
    rows = Account.objects.filter(status="active", churned_at=None).order_by("pk")
    scores = AccountHealth.objects.filter(model=health.default_model())
    members = SegmentMember.objects.all()
    if only is not None:
        rows, scores = rows.filter(pk__in=only), scores.filter(account__in=only)
        members = members.filter(account__in=only)
    inside: dict[str, set[str]] = defaultdict(set)
    for account, name in members.values_list("account_id", "segment_id"):
        inside[account].add(name)
    tiers, levels = segments.tiers(), dict(scores.values_list("account_id", "risk_level"))
    columns = (
        "pk",
        "name",
        "owner_email",
        "mrr_minor",
        "currency",
        "created_at",
        "renews_at",
        "stage",
    )
    return [
        Customer(
            id=r["pk"],
            name=r["name"],
            tier=next((t for t in tiers if t in inside[r["pk"]]), ""),
            owner=r["mail"] or r["owner_email"],
            value_minor=r["mrr_minor"] * _MONTHS,
            currency=r["currency"],
            since=r["created_at"],
            renews_at=r["renews_at"],
            stage=r["stage"],
            risk_level=levels.get(r["pk"]) or "",
            segments=frozenset(inside[r["pk"]]),
        )
        for r in rows.values(*columns, mail=F("owner__email"))
    ]


def contacts(now: datetime, account: str | None = None) -> list[Contact]:
    """Every contact that has been told of (of one account)."""
    where = f" WHERE account_id = {text(account)}" if account is not None else ""
    query = (
        "SELECT account_id, LOWER(kind) AS kind, happened_at, LOWER(outcome) AS outcome,"
        f' "by", minutes FROM {TABLE}{where}'
    )
    about = None if account is None else [account]
    return [
        Contact(
            r["account_id"],
            r["kind"],
            r["happened_at"],
            r["outcome"] or "",
            r["by"] or "",
            r["minutes"],
        )
        for r in dated(latest(query, now, TABLE, about=about))
    ]


def active_mails() -> list[str]:
    """Addresses of all colleagues who are active."""
    return list(
        User.objects.filter(is_active=True).order_by("email").values_list("email", flat=True)
    )


def mails_of(role: str) -> list[str]:
    """Addresses of the active colleagues of a role."""
    found = User.objects.filter(is_active=True, role=role).order_by("email")
    return list(found.values_list("email", flat=True))
