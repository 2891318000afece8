"""Checks of what customers were promised and billing has not done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits
from tenure.programs.cancel import queries

LONG = timedelta(hours=1)


def promised(_limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Is anything refused by billing, or waiting for it for long?"""
    acts = queries.waiting()
    refused = [a for a in acts if a["state"] == "refused"]
    late = [a for a in acts if a["state"] == "waiting" and now - a["asked_at"] > LONG]
    if refused:
        text = f"billing refused {len(refused)} acts of the cancel flow: {refused[0]['detail']}"
        yield Finding("billing", Level.FAIL, text, "see 'tenure cancel waiting', then try again")
    if late:
        text = f"{len(late)} acts of the cancel flow wait for billing: {late[0]['detail']}"
        yield Finding("billing", Level.WARN, text, "they go on by themselves once it answers")
    if not refused and not late:
        yield Finding("billing", Level.OK, "nothing that customers were promised waits")
