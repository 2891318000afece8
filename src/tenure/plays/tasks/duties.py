"""What every worker does regularly for tasks: wake snoozed ones, escalate overdue ones, tidy."""

from __future__ import annotations

from datetime import datetime, timedelta

from tenure.core import schedule
from tenure.plays.tasks import actions, numbers
from tenure.plays.tasks.models import CANCELLED, DONE, Task

_MINUTE = 60.0


def tick(now: datetime) -> None:
    """Wake and escalate."""
    actions.wake(now)
    actions.escalate(now)


def tidy(now: datetime) -> int:
    """Forget closed tasks that are older than policy keeps them."""
    before = now - timedelta(days=numbers.current().keep_days)
    return Task.objects.filter(state__in=[DONE, CANCELLED], closed_at__lt=before).delete()[0]


def register() -> None:
    """Put these among the duties of every worker."""
    schedule.duty("tasks", _MINUTE, tick)
    schedule.duty("tasks_tidy", _MINUTE * 60, tidy)
