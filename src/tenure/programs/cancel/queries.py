"""What pages and commands ask of the cancel flow. Everything here only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from tenure.accounts.models import Account
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.result import Result
from tenure.core import policy as policies
from tenure.programs.cancel import documents, ledger, saves
from tenure.programs.cancel.carrying import PLANNED
from tenure.programs.cancel.models import REFUSED, WAITING, Act, Offered, Visit
from tenure.programs.cancel.saves import Figures, Seen

_SHOWN = (
    "account_id", "person_id", "subscription_id", "language", "origin", "policy", "split", "arm",
    "plan_id", "mrr_minor", "currency", "segments", "tenure_days", "first_signal_at", "started_at",
    "screen", "reason", "accepted", "outcome", "ended_at", "last_day", "would_return",
)  # fmt: skip
_WORDS = ("more", "improve")
_OFFER = ("place", "name", "kind", "percent", "months", "plan_id", "shown_at", "answer",
          "answered_at", "until")  # fmt: skip
_ACT = ("id", "key", "what", "terms", "state", "asked_at", "due_at", "tries", "done_at", "detail",
        "by", "undoes_id")  # fmt: skip


@dataclass(frozen=True)
class Ask:
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


def matching(ask: Ask) -> QuerySet[Visit]:
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
    return [pk for pk, held in rows.values_list("pk", "segments")
            if (wanted & set(held)) or (not wanted and not held)]  # fmt: skip


def ended(ask: Ask, now: datetime) -> list[Seen]:
    """The ended visits asked for, with what became of their subscriptions as known at ``now``."""
    rows = list(matching(ask).exclude(outcome=""))
    taken = {
        o.visit_id: o
        for o in Offered.objects.filter(answer="accepted", visit__in=[r.pk for r in rows])
    } if len(rows) < 900 else {
        o.visit_id: o for o in Offered.objects.filter(answer="accepted")
    }  # fmt: skip
    last_shown: dict[int, Offered] = {}
    if rows:
        last_shown = {o.visit_id: o for o in Offered.objects.order_by("place")}
    known = {
        (s.account_id, s.subscription_id): s
        for s in ledger.subscriptions(sorted({r.account_id for r in rows}), now)
    }
    left = _said_to_end([r.account_id for r in rows])
    found = []
    for r in rows:
        offered = taken.get(r.pk) or last_shown.get(r.pk)
        found.append(_seen(r, offered, known.get((r.account_id, r.subscription_id)), left))
    return found


Left = dict[tuple[str, str], list[datetime]]


def _said_to_end(accounts: Sequence[str]) -> Left:
    """When each subscription was cancelled here, whether billing has told so yet or not."""
    rows = Visit.objects.filter(outcome="cancelled").order_by("ended_at")
    wanted, found = set(accounts), Left()
    for account, subscription, at in rows.values_list("account_id", "subscription_id", "ended_at"):
        if at is not None and account in wanted:
            found.setdefault((account, subscription), []).append(at)
    return found


def _seen(r: Visit, offered: Offered | None, told: ledger.Subscription | None, left: Left) -> Seen:
    assert r.ended_at is not None
    here = [at for at in left.get((r.account_id, r.subscription_id), ()) if at > r.started_at]
    if told is not None and told.runs() and here and told.changed_at > here[-1]:
        here = []  # taken up again since
    # What was told to end in the future was cancelled when that was told.
    over = told.over_since() if told else None
    gone = [*here, *([min(over, told.changed_at)] if told and over else [])]
    gone = [moment for moment in gone if moment > r.started_at]
    taken = offered if offered and offered.answer == "accepted" else None
    return Seen(
        r.pk, r.account_id, r.outcome, r.ended_at, r.reason,
        offered.name if offered else "", offered.kind if offered else "",
        taken.until if taken else None, tuple(r.segments), r.plan_id, r.tenure_days, r.arm,
        r.split, r.mrr_minor, r.currency, r.first_signal_at, min(gone) if gone else None,
        told is not None and told.status == "paused",
    )  # fmt: skip


def figures(ask: Ask, now: datetime) -> Figures:
    """What the flow achieved in the visits asked for."""
    policy = documents.current()
    return saves.figures(ended(ask, now), policy.split.control, policy.counting, now)


def split_test(now: datetime) -> list[Result]:
    """The verdicts on the split in force."""
    policy = documents.current()
    loaded: ExperimentPolicy = policies.load("experiments")
    return saves.split_test(ended(Ask(), now), policy.split, policy.counting, loaded, now)


def waiting() -> list[Act]:
    """Acts that billing has not done yet, or will not do; oldest first."""
    rows = Act.objects.filter(state__in=[WAITING, REFUSED]).exclude(PLANNED, state=WAITING)
    return list(rows.order_by("pk")[:200])


def listed(ask: Ask, most: int = 200) -> list[dict[str, Any]]:
    """Visits, latest first."""
    rows = matching(ask).values("id", *_SHOWN)[:most]
    names = names_of([r["account_id"] for r in rows])
    return [{**r, "account": names.get(r["account_id"], r["account_id"])} for r in rows]


def names_of(accounts: Sequence[str]) -> dict[str, str]:
    """Names of accounts by id."""
    return dict(Account.objects.filter(pk__in=set(accounts)).values_list("pk", "name"))


def shown(pk: int) -> dict[str, Any] | None:
    """One visit with what was offered and done; None if there is none."""
    visit = Visit.objects.filter(pk=pk).first()
    if visit is None:
        return None
    names = names_of([visit.account_id])
    return {
        "id": visit.pk,
        **{name: getattr(visit, name) for name in (*_SHOWN, *_WORDS)},
        "account": names.get(visit.account_id, visit.account_id),
        "offers": list(visit.offers.order_by("place").values(*_OFFER)),
        "acts": list(visit.acts.order_by("pk").values(*_ACT)),
    }


def of_account(account_id: str) -> list[dict[str, Any]]:
    """The visits of an account, latest first."""
    return list(
        Visit.objects.filter(account_id=account_id).order_by("-started_at").values("id", *_SHOWN)
    )
