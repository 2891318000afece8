"""The policy document of investigations as the workspace has it."""

from __future__ import annotations

from tenure.core import policy
from tenure.learning.investigations import settings


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            settings.DOCUMENT,
            "Churn studied",
            settings.DEFAULT,
            settings.parse,
            "Which evidence points to which cause of churn, when a loss counts as preventable, and "
            "what somebody who left is asked.",
            permission=policy.EDIT,
        ),
    )


def current() -> settings.Settings:
    """The numbers and words in force."""
    found: settings.Settings = policy.load(settings.DOCUMENT)
    return found
