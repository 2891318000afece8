"""What pages and commands ask of the cancel flow. Everything here only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from tenure.accounts.models import Account
from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.result import Result
from tenure.connectors.billing import outbox
from tenure.connectors.billing.acts import Act
from tenure.core import policy as policies
from tenure.programs.cancel import documents, ledger, saves
from tenure.programs.cancel.acceptance import PROGRAM
from tenure.programs.cancel.finding import VisitFilter, matching
from tenure.programs.cancel.models import Offered, Visit
from tenure.programs.cancel.saves import Figures, Seen

_SHOWN = (
    "account_id",
    "person_id",
    "subscription_id",
    "language",
    "origin",
    "policy",
    "split",
    "arm",
    "plan_id",
    "mrr_minor",
    "currency",
    "segments",
    "tenure_days",
    "first_signal_at",
    "started_at",
    "screen",
    "reason",
    "accepted",
    "outcome",
    "ended_at",
    "last_day",
    "would_return",
)
_WORDS = ("more", "improve")
_OFFER = (
    "place",
    "name",
    "kind",
    "percent",
    "months",
    "plan_id",
    "shown_at",
    "answer",
    "answered_at",
    "until",
)


def ended(ask: VisitFilter, now: datetime) -> list[Seen]:
    """The ended visits asked for, with what became of their subscriptions as known at ``now``."""
    rows = list(matching(ask).exclude(outcome=""))
    taken = (
        {
            o.visit_id: o
            for o in Offered.objects.filter(answer="accepted", visit__in=[r.pk for r in rows])
        }
        if len(rows) < 900
        else {o.visit_id: o for o in Offered.objects.filter(answer="accepted")}
    )
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
    over = told.ends_at if told else None
    gone = [*here, *([min(over, told.changed_at)] if told and over else [])]
    gone = [moment for moment in gone if moment > r.started_at]
    taken = offered if offered and offered.answer == "accepted" else None
    return Seen(
        r.pk,
        r.account_id,
        r.outcome,
        r.ended_at,
        r.reason,
        offered.name if offered else "",
        offered.kind if offered else "",
        taken.until if taken else None,
        tuple(r.segments),
        r.plan_id,
        r.tenure_days,
        r.arm,
        r.split,
        r.mrr_minor,
        r.currency,
        r.first_signal_at,
        min(gone) if gone else None,
        told is not None and told.state == "paused",
        told.mrr_minor if told is not None and told.currency == r.currency else None,
    )


def figures(ask: VisitFilter, now: datetime) -> Figures:
    """What the flow achieved in the visits asked for."""
    policy = documents.current()
    return saves.figures(ended(ask, now), policy.split.control, policy.counting, now)


def split_test(now: datetime) -> list[Result]:
    """The verdicts on the split in force."""
    policy = documents.current()
    loaded: ExperimentPolicy = policies.load("experiments")
    return saves.split_test(ended(VisitFilter(), now), policy.split, policy.counting, loaded, now)


def waiting(most: int = 200) -> list[dict[str, Any]]:
    """Acts that billing has not done yet, or will not do; oldest first."""
    wanted = Q(state="refused") | Q(state="waiting") & ~outbox.UNTRIED_PLAN
    return [act_row(act) for act in outbox.find(wanted, program=PROGRAM, most=most)]


def act_row(act: Act) -> dict[str, Any]:
    """An act as pages, API and commands show it."""
    return {
        "id": act.id,
        "key": act.key,
        "what": act.what,
        "terms": act.terms,
        "state": act.state,
        "asked_at": act.asked_at,
        "due_at": act.due_at,
        "tries": act.tries,
        "done_at": act.done_at,
        "detail": act.detail,
        "by": act.by,
        "undoes_id": act.undoes,
        "visit_id": int(act.subject),
        "account_id": act.account_id,
        "subscription_id": act.subscription_id,
    }


def listed(ask: VisitFilter, most: int = 200) -> list[dict[str, Any]]:
    """Visits, latest first."""
    rows = matching(ask).values("id", *_SHOWN)[:most]
    names = names_of([r["account_id"] for r in rows])
    return [{**r, "account": names.get(r["account_id"], r["account_id"])} for r in rows]


def names_of(accounts: Sequence[str]) -> dict[str, str]:
    """Names of accounts by id."""
    return dict(Account.objects.filter(pk__in=set(accounts)).values_list("pk", "name"))


def detail(pk: int) -> dict[str, Any] | None:
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
        "acts": [act_row(act) for act in outbox.find(program=PROGRAM, subject=str(visit.pk))],
    }


def of_account(account_id: str) -> list[dict[str, Any]]:
    """The visits of an account, latest first."""
    return list(
        Visit.objects.filter(account_id=account_id).order_by("-started_at").values("id", *_SHOWN)
    )
