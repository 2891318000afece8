"""What every worker does regularly for alerts: wake snoozed ones, forget old ones."""

from __future__ import annotations

from datetime import datetime

from tenure.metrics.alerts import actions
from tenure.metrics.alerts.models import OPEN, Alert


def tick(now: datetime) -> None:
    """Wake what is due."""
    if Alert.objects.filter(state=OPEN, snoozed_until__lte=now).exists():
        actions.wake(now)
