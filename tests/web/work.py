"""Tasks for tests of pages, the API and the command."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from people import NOW

from tenure.work.tasks import actions
from tenure.work.tasks.actions import TaskDraft
from tenure.work.tasks.models import Task

HOUR = timedelta(hours=1)
PLAY = "play:risk-rescue"


def opened(
    account: str = "acc_000001", title: str = "Call the champion", *, due: timedelta = HOUR * 3,
    key: str = "", source: str = PLAY, now: datetime = NOW, **more: Any,
) -> Task:  # fmt: skip
    """One open task."""
    fields = {"reason": "Logins halved within 14 days.", "words": "Hello, how is it going?"} | more
    draft = TaskDraft(key or f"{account}:{title}", account, title, now + due, source=source,
                      **fields)  # fmt: skip
    actions.open_tasks([draft], now=now)
    return Task.objects.select_related("owner").latest("pk")
