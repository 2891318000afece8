"""What the flow knows of a customer when they come."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.accounts.models import Account, SegmentMember
from tenure.analytics.experiments.assignment import arm
from tenure.core import workspace
from tenure.programs.cancel import ledger
from tenure.programs.cancel.models import Offered, Visit
from tenure.programs.cancel.plans import Plan, neighbours
from tenure.programs.cancel.settings import Settings
from tenure.programs.cancel.workflow import Customer, Past

A_MONTH = timedelta(days=32)
CALM = ("", "low", "medium")


def of(
    account_id: str,
    running: ledger.Subscription,
    numbers: Settings,
    now: datetime,
    but: Visit | None = None,
) -> Customer:
    """The customer as of ``now``; offers of the visit ``but`` are no past."""
    all_plans = ledger.plans(now)
    mine = next((p for p in all_plans if p.plan_id == running.plan_id), None)
    lower, higher = neighbours(all_plans, mine) if mine else (None, None)
    split = numbers.split
    return Customer(
        segments=frozenset(segments_of(account_id)),
        mrr_minor=running.mrr_minor,
        currency=running.currency,
        arm=but.arm if but else arm(account_id, f"cancel:{split.name}", split.arms, salt()),
        paused=running.state == "paused",
        plan=mine,
        lower=lower,
        higher=higher,
        past=past_of(account_id, but),
        interval_months=interval(mine, running, now),
        renews_at=running.renews_at if running.renews_at and running.renews_at > now else None,
        discounts=running.discounts,
    )


def interval(plan: Plan | None, running: ledger.Subscription, now: datetime) -> float | None:
    """How many months a bill is for: by the plan; else a month, unless the next bill is further
    away than that."""
    if plan is not None and plan.months is not None:
        return plan.months
    soon = running.renews_at is None or running.renews_at <= now + A_MONTH
    return 1 if soon else None


def salt() -> str:
    """What makes this workspace's draws its own."""
    return workspace.current().secret_key()


def segments_of(account_id: str) -> list[str]:
    """The segments an account is in now."""
    rows = SegmentMember.objects.filter(account_id=account_id).order_by("segment_id")
    return list(rows.values_list("segment_id", flat=True))


def past_of(account_id: str, but: Visit | None = None) -> tuple[Past, ...]:
    """What was offered to the account in other visits."""
    rows = Offered.objects.filter(visit__account_id=account_id)
    if but is not None:
        rows = rows.exclude(visit=but)
    return tuple(Past(o.kind, o.shown_at, o.answer == "accepted") for o in rows)


def tenure_days(account_id: str, running: ledger.Subscription, now: datetime) -> int:
    """Days since the account became a customer, or since this subscription began."""
    since = Account.objects.filter(pk=account_id).values_list("created_at", flat=True).first()
    began = min(since, running.started_at) if since else running.started_at
    return max(0, (now - began) // timedelta(days=1))


def first_signal(account_id: str, now: datetime) -> datetime | None:
    """Since when the account has stood at high or critical risk without a break; None if it does
    not, or was never scored."""
    from tenure.health import queries

    since: datetime | None = None
    for row in queries.account_history(account_id):
        if row["as_of"] > now:
            break
        since = None if (row["risk_level"] or "") in CALM else since or row["as_of"]
    return since
