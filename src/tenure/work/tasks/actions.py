"""Everything that changes tasks. Each act is a fact; what a person does is audited, too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.core.models import User
from tenure.facts.inbox import OwnFact, record_own
from tenure.work.tasks import settings
from tenure.work.tasks.models import CANCELLED, DONE, OPEN, SNOOZED, Task

WAITING = (OPEN, SNOOZED)
MARKS = ("useful", "false_alarm")
_MONTHS = 12


@dataclass(frozen=True)
class TaskDraft:
    """Work that is asked for. ``owner_role``: for a colleague of that role, not the account's
    owner."""

    key: str
    account_id: str
    title: str
    due_at: datetime
    reason: str = ""
    words: str = ""
    source: str = ""
    person_id: str = ""
    owner_role: str = ""


@transaction.atomic
def open_tasks(drafts: Iterable[TaskDraft], *, now: datetime) -> int:
    """Open tasks, in the caller's transaction; one that is open under its key is brought up to date
    instead (its due time is never put off). Gives how many are new."""
    wanted = {draft.key[:200]: draft for draft in drafts}
    there = {
        task.key: task
        for task in Task.objects.select_for_update().filter(key__in=wanted, state__in=WAITING)
    }
    accounts = Account.objects.in_bulk({d.account_id for d in wanted.values()})
    roles = {d.owner_role for d in wanted.values() if d.owner_role}
    ones = {role: _colleague(role) for role in roles}
    new = []
    for key, draft in wanted.items():
        if key in there:
            _refresh(there[key], draft, now)
        else:
            new.append(_made(key, draft, accounts.get(draft.account_id), ones, now))
    Task.objects.bulk_create(new)
    _emit("task_opened", new, now)
    return len(new)


@transaction.atomic
def create(draft: TaskDraft, owner: User | None, by: object, *, now: datetime) -> Task:
    """A task that a person thought of; without an owner it goes to the account's."""
    if not draft.title.strip():
        raise SpecError("task", "title", "is empty", "say what is to be done")
    account = Account.objects.select_related("owner").filter(pk=draft.account_id).first()
    if account is None:
        raise SpecError(
            "task",
            "account_id",
            f"there is no account {draft.account_id[:80]!r}",
            "use the id that the Accounts page shows under the name",
        )
    task = _made(draft.key[:200], draft, account, {}, now)
    task.owner = owner or account.owner
    task.save(force_insert=True)
    audit.record(by, "task.created", "task", task.pk, None, {"title": task.title}, now=now)
    _emit("task_opened", [task], now, by=audit.actor_name(by))
    return task


def _colleague(role: str) -> User | None:
    return User.objects.filter(role=role, is_active=True).order_by("pk").first()


def _refresh(task: Task, draft: TaskDraft, now: datetime) -> None:
    Task.objects.filter(pk=task.pk).update(
        title=draft.title[:300],
        reason=draft.reason,
        words=draft.words,
        due_at=min(task.due_at, draft.due_at),
        updated_at=now,
    )


def _made(
    key: str, draft: TaskDraft, account: Account | None, ones: dict[str, User | None], now: datetime
) -> Task:
    owner = ones.get(draft.owner_role) if draft.owner_role else None
    return Task(
        key=key,
        account_id=draft.account_id,
        person_id=draft.person_id,
        title=draft.title[:300],
        reason=draft.reason,
        words=draft.words,
        due_at=draft.due_at,
        source=draft.source,
        owner=owner or (account.owner if account else None),
        value_minor=account.mrr_minor * _MONTHS if account else 0,
        currency=account.currency if account else "",
        created_at=now,
        updated_at=now,
    )


@transaction.atomic
def close(task: Task, outcome: str, note: str, by: object, *, now: datetime) -> None:
    """End a task with one of the outcomes of policy."""
    known = settings.current().outcomes
    if outcome not in known:
        names = ", ".join(known)
        raise SpecError(
            "task", "outcome", f"there is no outcome {outcome!r}", f"use one of: {names}"
        )
    kept = _waiting(task)
    Task.objects.filter(pk=kept.pk).update(
        state=DONE,
        outcome=outcome,
        note=note.strip(),
        closed_at=now,
        updated_at=now,
        closed_by=audit.actor_name(by)[:254],
    )
    audit.record(by, "task.closed", "task", kept.pk, None, {"outcome": outcome}, note, now=now)
    _emit("task_closed", [kept], now, outcome=outcome, by=audit.actor_name(by))


@transaction.atomic
def snooze(task: Task, until: datetime, by: object, *, now: datetime) -> None:
    """Put a task away until a later moment."""
    if until <= now:
        raise SpecError("task", "until", "lies in the past", "give a later moment")
    kept = _waiting(task)
    Task.objects.filter(pk=kept.pk).update(state=SNOOZED, snoozed_until=until, updated_at=now)
    audit.record(by, "task.snoozed", "task", kept.pk, None, {"until": until.isoformat()}, now=now)
    _emit("task_snoozed", [kept], now, until=until.isoformat(), by=audit.actor_name(by))


@transaction.atomic
def hand_over(task: Task, to: User | None, why: str, by: object, *, now: datetime) -> None:
    """Give a task to a colleague, with the context they need (or to nobody)."""
    kept = _waiting(task)
    before = {"owner": kept.owner.email if kept.owner else None}
    after = {"owner": to.email if to else None}
    Task.objects.filter(pk=kept.pk).update(owner=to, updated_at=now)
    audit.record(by, "task.handed_over", "task", kept.pk, before, after, why, now=now)
    _emit("task_handed_over", [kept], now, to=after["owner"] or "", why=why)


@transaction.atomic
def mark(task: Task, judgement: str, by: object, *, now: datetime) -> None:
    """Say whether a task was worth having: ``useful`` or ``false_alarm``."""
    if judgement not in MARKS:
        raise SpecError("task", "mark", f"is {judgement!r}", "use useful or false_alarm")
    Task.objects.filter(pk=task.pk).update(mark=judgement, updated_at=now)
    audit.record(
        by, "task.marked", "task", task.pk, {"mark": task.mark}, {"mark": judgement}, now=now
    )
    _emit("task_marked", [task], now, mark=judgement, by=audit.actor_name(by))


@transaction.atomic
def cancel(source: str, *, now: datetime, accounts: Collection[str] | None = None) -> int:
    """Take back the open tasks of a source (of some accounts): what they were about is over."""
    rows = Task.objects.select_for_update().filter(source=source, state__in=WAITING)
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    gone = list(rows)
    Task.objects.filter(pk__in=[t.pk for t in gone]).update(
        state=CANCELLED, closed_at=now, updated_at=now
    )
    _emit("task_cancelled", gone, now)
    return len(gone)


def wake(now: datetime) -> int:
    """Snoozed tasks whose time has come are open again; gives how many."""
    due = Task.objects.filter(state=SNOOZED, snoozed_until__lte=now)
    return due.update(state=OPEN, snoozed_until=None, updated_at=now)


@transaction.atomic
def escalate(now: datetime) -> int:
    """Overdue tasks go up, once, to a colleague of the role policy names; gives how many."""
    policy = settings.current()
    late = now - timedelta(hours=policy.escalate_after_hours)
    lead = _colleague(policy.escalate_to)
    rows = list(
        Task.objects.select_for_update()
        .filter(state=OPEN, due_at__lt=late, escalated_at=None)
        .filter(~Q(owner=lead) if lead else Q())
    )
    if not rows:
        return 0
    changes: dict[str, Any] = {"escalated_at": now, "updated_at": now}
    Task.objects.filter(pk__in=[t.pk for t in rows]).update(**changes)
    _emit("task_escalated", rows, now, to=lead.email if lead else "")
    return len(rows)


def _waiting(task: Task) -> Task:
    kept = Task.objects.select_for_update().get(pk=task.pk)
    if kept.state not in WAITING:
        raise SpecError(
            "task", "state", f"is {kept.state}", "only a task that is open can be changed"
        )
    return kept


def _emit(event: str, tasks: Sequence[Task], now: datetime, **more: str) -> None:
    record_own(
        (
            OwnFact(
                event,
                task.account_id,
                now,
                task.person_id or None,
                {"task": task.key, "title": task.title, "source": task.source, **more},
            )
            for task in tasks
        ),
        now=now,
    )
