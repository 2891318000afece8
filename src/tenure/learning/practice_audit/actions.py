"""Everything that changes the audit's state: keeping a run, accepting a finding, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own
from tenure.learning.practice_audit import documents, queries
from tenure.learning.practice_audit.examine import examine
from tenure.learning.practice_audit.finding import Finding, counts
from tenure.learning.practice_audit.models import Acceptance, AuditRun

TARGET = "practice_finding"


def run(now: datetime) -> AuditRun:
    """Look for every fault and keep what was found; faults that came or went become facts."""
    return keep(examine(now), now)


def keep(findings: Sequence[Finding], now: datetime) -> AuditRun:
    """Keep a run; runs older than the policy says are forgotten."""
    days = documents.current().running.runs_days
    with transaction.atomic():
        before = queries.latest_run()
        found = [f.to_dict() for f in findings]
        made = AuditRun.objects.create(at=now, findings=found, counts=counts(findings))
        AuditRun.objects.filter(at__lt=now - timedelta(days=days)).exclude(pk=made.pk).delete()
        _tell_changes(queries.findings_of(before) if before else [], findings, now)
    return made


def accept(key: str, reason: str, days: int, author: object, *, now: datetime) -> Acceptance:
    """Let an open finding stand for ``days``; a word given before is replaced.

    SpecError without a reason, beyond the days of the policy, or where nothing is open.
    """
    found = _open(key)
    _check(reason, days)
    with transaction.atomic():
        _end(key, author, now)
        made = Acceptance.objects.create(
            key=key,
            severity=found.severity,
            reason=reason.strip(),
            author=audit.actor_name(author),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        after = {"severity": made.severity, "until": made.expires_at.isoformat()}
        audit.record(
            author, "practice.accepted", TARGET, key, None, after, why=made.reason, now=now
        )
        _emit("practice_finding_accepted", found, now, reason=made.reason, **after)
    return made


def withdraw(key: str, by: object, *, now: datetime) -> bool:
    """Take the word back before its time: the finding is open again. False if there was none."""
    with transaction.atomic():
        kept = Acceptance.objects.filter(key=key, ended_at=None, expires_at__gt=now).last()
        if kept is None:
            return False
        _end(key, by, now)
        before = {"severity": kept.severity, "until": kept.expires_at.isoformat()}
        audit.record(
            by, "practice.acceptance_withdrawn", TARGET, key, before, None, why=kept.reason, now=now
        )
        told = {"key": key, "by": audit.actor_name(by)}
        record_own([OwnFact("practice_acceptance_withdrawn", None, now, properties=told)], now=now)
    return True


def _open(key: str) -> Finding:
    latest = queries.latest_run()
    found = next((f for f in queries.findings_of(latest) if f.key == key), None) if latest else None
    if found is None or found.state != "open":
        raise SpecError(
            "practice audit", key, "is not an open finding", "accept what the newest run found"
        )
    return found


def _check(reason: str, days: int) -> None:
    most = documents.current().running.accept_days
    if not reason.strip():
        raise SpecError("acceptance", "reason", "is empty", "say why this may stand")
    if not 1 <= days <= most:
        raise SpecError(
            "acceptance", "days", f"are {days}", f"give 1 to {most}; judge again afterwards"
        )


def _end(key: str, by: object, now: datetime) -> None:
    Acceptance.objects.filter(key=key, ended_at=None).update(
        ended_at=now, ended_by=audit.actor_name(by)
    )


def _tell_changes(before: Sequence[Finding], after: Sequence[Finding], now: datetime) -> None:
    was = {f.key for f in before if f.state == "open"}
    for finding in after:
        if finding.state == "open" and finding.key not in was:
            _emit("practice_fault_found", finding, now, evidence=finding.evidence)
        elif finding.state == "passed" and finding.key in was:
            _emit("practice_fault_gone", finding, now, evidence=finding.evidence)


def _emit(event: str, finding: Finding, now: datetime, **more: str) -> None:
    told = {"key": finding.key, "severity": finding.severity, **more}
    record_own([OwnFact(event, None, now, properties=told)], now=now)
