"""The audit itself: every finding of the policy, with what its check found."""

from __future__ import annotations

from datetime import datetime

from tenure.learning.practice_audit import documents
from tenure.learning.practice_audit.checks import CHECKS
from tenure.learning.practice_audit.context import Context
from tenure.learning.practice_audit.finding import Finding, in_order
from tenure.learning.practice_audit.policy import Rule


def examine(now: datetime) -> list[Finding]:
    """All findings as of ``now``, as if nothing were accepted."""
    ground = Context(now, documents.current())
    found = [_finding(key, rule, ground) for key, rule in ground.policy.findings.items()]
    return in_order(found)


def _finding(key: str, rule: Rule, ground: Context) -> Finding:
    outcome = CHECKS[key](ground, rule)
    return Finding(
        key,
        rule.severity,
        rule.title,
        outcome.state,
        outcome.evidence,
        rule.remedy,
        rule.link.format(model=ground.model.name) if rule.link else "",
        outcome.accounts[: ground.policy.running.accounts_listed],
        len(outcome.accounts),
    )
