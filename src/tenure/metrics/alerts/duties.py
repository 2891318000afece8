"""What every worker does regularly for alerts: wake snoozed ones, forget old ones."""

from __future__ import annotations

from datetime import datetime

from tenure.core import schedule
from tenure.metrics.alerts import actions
from tenure.metrics.alerts.models import OPEN, Alert

_MINUTE = 60.0


def tick(now: datetime) -> None:
    """Wake what is due."""
    if Alert.objects.filter(state=OPEN, snoozed_until__lte=now).exists():
        actions.wake(now)


def register() -> None:
    """Put these among the duties of every worker."""
    schedule.duty("alerts", _MINUTE, tick)
    schedule.duty("alerts_tidy", _MINUTE * 60, actions.forget)
