"""What pages, API and commands ask of investigations. Everything here only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from tenure.accounts.models import Account, Segment
from tenure.health import policy as health
from tenure.learning.investigations import actions, documents
from tenure.learning.investigations.models import (
    CONFIRMED,
    OPEN,
    PREVENTABLE,
    VOID,
    ExitInterview,
    Investigation,
)
from tenure.programs.cancel import finding as cancelling


@dataclass(frozen=True)
class InvestigationFilter:
    """Which investigations are meant; empty narrows nothing."""

    state: str = ""
    cause: str = ""
    verdict: str = ""
    segment: str = ""
    account: str = ""
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find(asked: InvestigationFilter) -> QuerySet[Investigation]:
    """Investigations that match, the latest loss first; void ones only where asked for."""
    rows = Investigation.objects.order_by("-churned_at", "-pk")
    rows = rows.filter(state=asked.state) if asked.state else rows.exclude(state=VOID)
    if asked.cause:
        rows = rows.filter(cause="" if asked.cause == "none" else asked.cause)
    if asked.verdict:
        rows = rows.filter(verdict=asked.verdict)
    if asked.account:
        rows = rows.filter(account_id=asked.account)
    if asked.segment:
        rows = rows.filter(pk__in=_in_segment(asked.segment))
    if asked.search:
        names = Account.objects.filter(name__icontains=asked.search).values("pk")
        rows = rows.filter(Q(account_id__icontains=asked.search) | Q(account_id__in=names))
    if asked.since is not None:
        rows = rows.filter(churned_at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(churned_at__lt=asked.until)
    return rows


def _in_segment(segment: str) -> list[int]:
    """SQLite cannot look into JSON lists: they are short, and few accounts leave."""
    rows = Investigation.objects.values_list("pk", "segments")
    return [pk for pk, names in rows if segment in names]


def lost(rows: QuerySet[Investigation]) -> list[dict[str, Any]]:
    """Accounts and monthly revenue lost by currency, the most first."""
    by = rows.order_by().values("currency").annotate(n=Count("pk"), mrr_minor=Sum("mrr_minor"))
    found: list[dict[str, Any]] = [dict(row) for row in by]
    return sorted(found, key=lambda r: -(r["mrr_minor"] or 0))


def counts() -> dict[str, int]:
    """How many are open, confirmed and preventable."""
    found: dict[str, int] = Investigation.objects.exclude(state=VOID).aggregate(
        open=Count("pk", filter=Q(state=OPEN)),
        confirmed=Count("pk", filter=Q(state=CONFIRMED)),
        preventable=Count("pk", filter=Q(verdict=PREVENTABLE)),
    )
    return found


def causes() -> list[tuple[str, str]]:
    """Causes of policy with their titles."""
    return [(name, cause.title) for name, cause in documents.current().causes.items()]


def segments() -> list[tuple[str, str]]:
    """Segments in which accounts were that left, with their titles."""
    seen = {s for names in Investigation.objects.values_list("segments", flat=True) for s in names}
    titles = dict(Segment.objects.filter(pk__in=seen).values_list("name", "title"))
    return sorted(((s, titles.get(s, s)) for s in seen), key=lambda pair: pair[1])


@dataclass(frozen=True)
class Line:
    """An investigation in a list."""

    row: Investigation
    account: str
    cause: str
    stated: str
    differs: bool = field(default=False)


def lines(rows: Sequence[Investigation]) -> list[Line]:
    """The rows with names in words; ``differs`` where customer and facts name different causes."""
    names, numbers = actions.names_of([r.account_id for r in rows]), documents.current()
    return [
        Line(
            r,
            names.get(r.account_id) or r.account_id,
            numbers.title(r.cause) if r.cause else "",
            numbers.title(r.stated_cause) if r.stated_cause else "",
            bool(r.stated_cause and r.cause and r.stated_cause != r.cause),
        )
        for r in rows
    ]


def interview_of(one: Investigation) -> ExitInterview | None:
    """The exit interview, if it was asked for."""
    return ExitInterview.objects.filter(investigation=one).first()


def visit_words(one: Investigation) -> dict[str, str]:
    """What the customer wrote in the cancel flow, read where it is kept."""
    found = cancelling.last_reason(one.account_id, one.opened_at)
    return {"more": found.more, "improve": found.improve} if found else {}


def warnings(one: Investigation) -> list[dict[str, Any]]:
    """The warnings of a dossier with their words, longest lead first."""
    declared = health.registry().risk_signals
    return [
        {
            **w,
            "title": declared[w["name"]].title if w["name"] in declared else w["name"],
            "level": str(declared[w["name"]].level) if w["name"] in declared else "",
            "first_at": datetime.fromisoformat(w["first_at"]),
        }
        for w in one.dossier.get("warnings", [])
    ]


def detail(pk: int) -> dict[str, Any] | None:
    """One investigation with everything in it, as JSON; None if there is none."""
    one = Investigation.objects.filter(pk=pk).first()
    if one is None:
        return None
    interview, numbers = interview_of(one), documents.current()
    kept = (
        "account_id",
        "churned_at",
        "kind",
        "opened_at",
        "reactivated_at",
        "state",
        "mrr_minor",
        "currency",
        "plan_id",
        "segments",
        "stated_cause",
        "proposed_cause",
        "proposed_verdict",
        "proposed_how",
        "cause",
        "verdict",
        "how",
        "why",
        "decided_by",
        "decided_at",
        "dossier",
    )
    return {
        "id": one.pk,
        **{name: getattr(one, name) for name in kept},
        "evidence": [
            {"cause": c, "title": numbers.title(c), "name": n, "text": t, "weight": w}
            for c, n, t, w in one.evidence
        ],
        "interview": None
        if interview is None
        else {
            "asked_at": interview.asked_at,
            "answered_at": interview.answered_at,
            "reason": interview.reason,
            "words": interview.words,
            "would_return": interview.would_return,
        },
    }
