"""What every worker does regularly for digests: send those whose turn it is, forget old ones."""

from __future__ import annotations

from tenure.core import schedule
from tenure.documents.digests import actions

_MINUTE = 60.0


def register() -> None:
    """Put these among the duties of every worker."""
    schedule.duty("digests", _MINUTE, actions.send_due)
    schedule.duty("digests_tidy", _MINUTE * 60, actions.forget)
