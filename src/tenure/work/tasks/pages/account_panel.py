"""The panel Tasks on the page of an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from tenure.accounts.models import Account
from tenure.work.tasks.actions import WAITING
from tenure.work.tasks.models import Task
from tenure.work.tasks.pages import listing, words

SHOWN = 6


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """What people are to do about the account, what is due first first."""
    rows = Task.objects.filter(account_id=account.pk, state__in=WAITING).select_related("owner")
    night = listing.day_ends(now)
    return {
        "tasks": [
            (task, *words.due(task.due_at, now, night))
            for task in rows.order_by("due_at", "pk")[:SHOWN]
        ]
    }
