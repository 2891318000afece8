"""What is told of visits: facts, written in the transaction of the change they tell of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tenure.facts.inbox import OwnFact, record_own
from tenure.programs.cancel.models import Visit


def emit(visit: Visit, what: str, now: datetime, fact_id: str = "", **more: Any) -> None:
    """A fact ``tenure.cancel_WHAT`` about a visit. Free text stays in the visit."""
    told = {
        "visit": visit.pk,
        "subscription": visit.subscription_id,
        "reason": visit.reason,
        "arm": visit.arm,
        "split": visit.split,
        "mrr_minor": visit.mrr_minor,
        "currency": visit.currency,
        **more,
    }
    record_own(
        [OwnFact(f"cancel_{what}", visit.account_id, now, visit.person_id or None, told, fact_id)],
        now=now,
    )
