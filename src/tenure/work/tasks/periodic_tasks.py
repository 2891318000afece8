"""What every worker does regularly for tasks: wake snoozed ones, escalate overdue ones, tidy."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.work.tasks import actions, settings
from tenure.work.tasks.models import CANCELLED, DONE, Task


def tick(now: datetime) -> None:
    """Wake and escalate."""
    actions.wake(now)
    actions.escalate(now)


def tidy(now: datetime) -> int:
    """Forget closed tasks that are older than policy keeps them."""
    before = now - timedelta(days=settings.current().keep_days)
    return Task.objects.filter(state__in=[DONE, CANCELLED], closed_at__lt=before).delete()[0]
