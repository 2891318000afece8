"""What the page and the command ask of the audit. Everything here only reads state."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from tenure.learning.practice_audit.finding import (
    Accepted,
    Finding,
    Severity,
    in_order,
    with_acceptances,
)
from tenure.learning.practice_audit.models import Acceptance, AuditRun


def latest_run() -> AuditRun | None:
    """The newest kept run; None before the first."""
    return AuditRun.objects.order_by("at", "pk").last()


def findings_of(run: AuditRun) -> list[Finding]:
    """The findings of a kept run, as if nothing were accepted."""
    return [Finding.from_dict(kept) for kept in run.findings]


def accepted(now: datetime) -> list[Accepted]:
    """The words of acceptance in force at ``now``."""
    rows = Acceptance.objects.filter(ended_at=None, expires_at__gt=now).order_by("pk")
    return [
        Accepted(r.key, cast(Severity, r.severity), r.reason, r.author, r.expires_at) for r in rows
    ]


def judged(run: AuditRun, now: datetime) -> list[Finding]:
    """The findings of a run with the acceptances of ``now``, in the order to be read."""
    return in_order(with_acceptances(findings_of(run), accepted(now), now))
