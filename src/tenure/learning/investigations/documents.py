"""The policy document of investigations as the workspace has it."""

from __future__ import annotations

from tenure.core import policy
from tenure.learning.investigations import numbers


def register() -> None:
    """Make the document known."""
    policy.register(
        policy.PolicyDocument(
            numbers.DOCUMENT,
            "Churn studied",
            numbers.DEFAULT,
            numbers.parse,
            "Which evidence points to which cause of churn, when a loss counts as preventable, and "
            "what somebody who left is asked.",
        )
    )


def current() -> numbers.Numbers:
    """The numbers and words in force."""
    found: numbers.Numbers = policy.load(numbers.DOCUMENT)
    return found
