"""The audit's policy document as the workspace has it."""

from __future__ import annotations

from tenure.core import policy
from tenure.learning.audit.policy import DEFAULT, DOCUMENT, AuditPolicy, parse


def register() -> None:
    """Make the document known."""
    policy.register(
        policy.PolicyDocument(
            DOCUMENT, "Practice audit", DEFAULT, parse,
            "Which faults are looked for, from where on something is one, and what to do about it.",
        )
    )  # fmt: skip


def current() -> AuditPolicy:
    """The document in force."""
    loaded: AuditPolicy = policy.load(DOCUMENT)
    return loaded
