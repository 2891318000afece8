"""What pages and commands ask of dunning. Everything here only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import F, Q, QuerySet

from tenure.accounts.models import Account
from tenure.programs.dunning import cases, documents, ledger, workflow
from tenure.programs.dunning.models import ALIVE, RECOVERED, VOID, Case

_SHOWN = (
    "invoice_id",
    "account_id",
    "amount_minor",
    "currency",
    "state",
    "kind",
    "code",
    "tries",
    "opened_at",
    "next_what",
    "next_at",
    "next_why",
    "taken_by",
    "closed_at",
    "extended_days",
)


def listed(state: str = "", most: int = 200) -> list[dict[str, Any]]:
    """Cases, newest first."""
    rows = Case.objects.filter(**({"state": state} if state else {})).order_by("-opened_at")
    return list(rows.values(*_SHOWN)[:most])


def detail(invoice_id: str) -> dict[str, Any] | None:
    """One case with everything done in it, oldest first."""
    case = Case.objects.filter(invoice_id=invoice_id).first()
    if case is None:
        return None
    steps = case.steps.order_by("at", "pk").values("what", "at", "detail")
    return {**{name: getattr(case, name) for name in _SHOWN}, "steps": list(steps)}


def find(*, state: str = "", search: str = "") -> QuerySet[Case]:
    """Cases that match: what is due first, first; then closed ones, newest first. ``state`` may be
    ``alive``; ``search`` looks at invoice and account."""
    rows = Case.objects.order_by(F("next_at").asc(nulls_last=True), "-opened_at", "pk")
    if state == "alive":
        rows = rows.filter(state__in=ALIVE)
    elif state:
        rows = rows.filter(state=state)
    if search:
        names = Account.objects.filter(name__icontains=search).values("pk")
        rows = rows.filter(
            Q(invoice_id__icontains=search)
            | Q(account_id__icontains=search)
            | Q(account_id__in=names)
        )
    return rows


def plan(case: Case, now: datetime) -> list[workflow.Next]:
    """What comes in an open case as things stand, soonest first; only the first is sure."""
    found = ledger.invoices([case.invoice_id], now)
    if case.state not in ALIVE or not found:
        return []
    numbers = documents.current()
    card, _ = cases.card_of(case, found[0], numbers, now)
    return workflow.plan(cases.standing(case, now), card, numbers, now)


def recovered(since: datetime, until: datetime) -> tuple[int, int]:
    """Of the cases closed in that time (void ones aside): how many were paid, and how many there
    are."""
    closed = Case.objects.exclude(state__in=[*ALIVE, VOID])
    closed = closed.filter(closed_at__gte=since, closed_at__lt=until)
    return closed.filter(state=RECOVERED).count(), closed.count()


def recovery(since: datetime | None = None) -> list[dict[str, Any]]:
    """Recovered share of cases and of value by kind of decline and currency, then overall.

    Only closed cases count (voided ones do not): one that is open has not been lost. No hold-out
    is kept: payments that would have come anyway are among the recovered ones.
    """
    rows = Case.objects.exclude(closed_at=None).exclude(state=VOID)
    if since is not None:
        rows = rows.filter(opened_at__gte=since)
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in rows:
        groups[case.kind, case.currency].append(case)
        groups["all", case.currency].append(case)
    order = sorted(groups, key=lambda key: (key[0] == "all", key))
    return [_share(kind, currency, groups[kind, currency]) for kind, currency in order]


def _share(kind: str, currency: str, some: Iterable[Case]) -> dict[str, Any]:
    closed = list(some)
    won = [c for c in closed if c.state == RECOVERED]
    value = sum(c.amount_minor for c in closed)
    back = sum(c.amount_minor for c in won)
    days = [(c.closed_at - c.opened_at).total_seconds() / 86400 for c in won if c.closed_at]
    return {
        "kind": kind,
        "currency": currency,
        "cases": len(closed),
        "recovered": len(won),
        "share": len(won) / len(closed),
        "value_minor": value,
        "recovered_minor": back,
        "value_share": back / value if value else None,
        "median_days": median(days) if days else None,
        "target": list(documents.current().targets.recovered),
    }
