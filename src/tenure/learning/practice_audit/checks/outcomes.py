"""Making outcomes from what was counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from tenure.learning.practice_audit.finding import Outcome
from tenure.learning.practice_audit.policy import AuditPolicy, Rule, plain


def told(rule: Rule, fault: bool, accounts: Iterable[str | None] = (), **values: object) -> Outcome:
    """The sentence of the rule with its numbers; ``accounts`` are named only behind a fault."""
    behind = tuple(sorted({a for a in accounts if a})) if fault else ()
    return Outcome("open" if fault else "passed", rule.says.format(**values), behind)


def unknown(policy: AuditPolicy, reason: str, **values: object) -> Outcome:
    """Not assessed, for one of the reasons of the policy."""
    return Outcome("not_assessed", policy.reason(reason, **values))


def too_few(policy: AuditPolicy, n: int, what: str, least: float) -> Outcome:
    """Not assessed, because so few tell nothing."""
    return unknown(policy, "too_few", n=n, what=what, least=plain(least))
