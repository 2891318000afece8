"""The audit's policy document as the workspace has it."""

from __future__ import annotations

from tenure.core import policy
from tenure.learning.practice_audit.policy import DEFAULT, DOCUMENT, AuditPolicy, parse


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Practice audit",
            DEFAULT,
            parse,
            "Which faults are looked for, from where on something is one, and what to do about it.",
            permission=policy.EDIT,
        ),
    )


def current() -> AuditPolicy:
    """The document in force."""
    loaded: AuditPolicy = policy.load(DOCUMENT)
    return loaded
