"""What people do about the portfolio: log a touch, ask for owed ones, give accounts an owner."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from tenure.accounts.actions import assign_owner
from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.connectors.posted import accepting
from tenure.core import audit
from tenure.core.models import User
from tenure.facts.inbox import OWN_SOURCE
from tenure.work.portfolio import context, policy, queries
from tenure.work.portfolio.assigning import Plan
from tenure.work.portfolio.overdue_touches import Due, TouchStatus, task_role
from tenure.work.tasks.actions import TaskDraft, open_tasks

MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class TouchDraft:
    """A touch as a colleague tells of it; ``minutes`` None: not told."""

    kind: str
    at: datetime
    outcome: str = ""
    minutes: int | None = None
    note: str = ""


@transaction.atomic
def log_touch(account: Account, draft: TouchDraft, by: object, *, now: datetime) -> str:
    """Write a touch down as a fact (table ``interactions``); gives its id."""
    if draft.at > now:
        raise SpecError("touch", "at", "lies in the future", "log what has happened")
    if draft.minutes is not None and not 0 < draft.minutes <= MINUTES_A_DAY:
        raise SpecError("touch", "minutes", "is no length of a touch", "give 1 to 1440 minutes")
    if not draft.kind.strip():
        raise SpecError("touch", "kind", "is empty", "say what it was, such as call")
    touch_id = f"touch-{uuid.uuid4().hex}"
    row = {
        "interaction_id": touch_id,
        "message_id": touch_id,
        "account_id": account.pk,
        "happened_at": draft.at.isoformat(),
        "kind": draft.kind.strip(),
        "outcome": draft.outcome or None,
        "by": audit.actor_name(by),
        "minutes": draft.minutes,
        "note": draft.note.strip() or None,
    }
    told = {name: value for name, value in row.items() if value is not None}
    refused = accepting.take(context.TABLE, [told], source=OWN_SOURCE, backfill=False, now=now)
    if refused:
        raise SpecError("touch", refused[0].field, refused[0].reason, "correct the value")
    after = {"kind": draft.kind, "at": draft.at.isoformat()}
    audit.record(by, "touch.logged", "account", account.pk, None, after, now=now)
    return touch_id


@transaction.atomic
def open_owed(by: object, *, now: datetime, only: Collection[tuple[str, str]] | None = None) -> int:
    """A task for each touch that is owed now (of ``only`` those pairs of account and touch), for
    whoever owes it; one that is open already stays. Gives how many are new."""
    numbers = policy.current()
    accounts = None if only is None else {account for account, _ in only}
    found = queries.View(now, numbers, context.customers(accounts), context.contacts(now))
    there = queries.open_keys()
    due_at = now + timedelta(days=numbers.tasks.due_days)
    drafts = [
        _draft(standing, due, due_at, now)
        for standing, due in found.late
        if (only is None or (standing.customer.id, due.touch) in only)
        and queries.task_key(standing.customer.id, due.touch) not in there
    ]
    new = open_tasks(drafts, now=now)
    if new:
        after = {"tasks": new}
        audit.record(by, "portfolio.tasks_opened", "portfolio", "owed", None, after, now=now)
    return new


def _draft(standing: TouchStatus, due: Due, due_at: datetime, now: datetime) -> TaskDraft:
    one = standing.customer
    return TaskDraft(
        key=queries.task_key(one.id, due.touch),
        account_id=one.id,
        title=f"{due.title} with {one.name or one.id}",
        due_at=due_at,
        reason=why(standing, due, now),
        source=queries.SOURCE,
        owner_role=task_role(due),
    )


def why(standing: TouchStatus, due: Due, now: datetime) -> str:
    """An owed touch in a sentence or two."""
    last = f"the last one was on {due.last_at:%-d %B %Y}" if due.last_at else "there was none yet"
    text = f"Owed every {due.every_days} days; {last}, so it is {due.late_days(now)} days late."
    renewal = standing.customer.renews_at
    if standing.surprised and renewal:
        days = (renewal - now).days
        text += f" The contract renews in {days} days, and nobody has talked to them lately."
    return text


@transaction.atomic
def assign(digest: str, by: object, *, now: datetime) -> Plan:
    """Give the accounts without an owner to whom the plan with this digest says. SpecError if the
    plan has changed since somebody looked at it."""
    # Held, so that nobody gives one of them to another meanwhile.
    list(Account.objects.select_for_update().filter(owner=None, status="active").order_by("pk"))
    plan = queries.plan_of(context.customers(), policy.current())
    if plan.digest != digest:
        raise SpecError(
            "assignment",
            "digest",
            "has changed: accounts, colleagues or policy are not what they were",
            "look at the preview again, then apply it",
        )
    wanted: dict[str, list[str]] = defaultdict(list)
    for given in plan.given:
        wanted[given.owner].append(given.account.id)
    owners = {u.email: u for u in User.objects.filter(email__in=wanted, is_active=True)}
    for mail in sorted(wanted):
        assign_owner(wanted[mail], owners[mail], by=by, now=now)
    return plan
