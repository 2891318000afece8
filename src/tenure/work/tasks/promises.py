"""Promises made to customers become tasks: whoever took the offer of a person in the cancel flow
was told within how many hours they hear from one. No play decides about it, nobody is held out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from tenure.accounts.models import Account
from tenure.facts.healing import SweepScope, own_events
from tenure.facts.queries import properties
from tenure.work.tasks import settings
from tenure.work.tasks.actions import TaskDraft, open_tasks
from tenure.work.tasks.models import Task

EVENT = "tenure.cancel_help_wanted"


def on_help_wanted(rows: pa.Table, now: datetime) -> None:
    """Open a task for each promise, once, due when it was promised."""
    found = [r for r in rows.to_pylist() if r.get("account_id")]
    known = set(Task.objects.filter(key__in=[_key(r) for r in found]).values_list("key", flat=True))
    names = dict(
        Account.objects.filter(pk__in={r["account_id"] for r in found}).values_list("pk", "name")
    )
    open_tasks([_draft(r, names) for r in found if _key(r) not in known], now=now)


def sweep(ask: SweepScope) -> int:
    """How many promises made lately have no task."""
    rows = own_events(EVENT, ask)
    keys = {_key(r) for r in rows.to_pylist() if r.get("account_id")}
    missed = len(keys - set(Task.objects.filter(key__in=keys).values_list("key", flat=True)))
    if ask.heal and missed:
        on_help_wanted(rows, ask.now)
    return missed


def _key(row: dict[str, object]) -> str:
    return f"cancel-help:{properties(row).get('visit')}"


def _draft(row: dict[str, object], names: dict[str, str]) -> TaskDraft:
    told, account = properties(row), str(row["account_id"])
    at = row["timestamp"]
    assert isinstance(at, datetime)
    hours = told.get("hours")
    return TaskDraft(
        _key(row),
        account,
        f"Get in touch with {names.get(account) or account}, who came to cancel",
        at + timedelta(hours=hours if isinstance(hours, int | float) else 24),
        reason=f"They took the offer “{told.get('offer')}” and were told within how many hours"
        f" they hear from us. Reason: {told.get('reason') or 'not said'}.",
        words=settings.current().promise_words,
        source="cancel",
        person_id=str(row.get("person_id") or ""),
    )
