"""The policy document of the cancel flow."""

from __future__ import annotations

from tenure.core import policy
from tenure.programs.cancel import numbers


def register() -> None:
    """Make the document known."""
    policy.register(
        policy.PolicyDocument(
            numbers.DOCUMENT,
            "Cancel flow",
            numbers.DEFAULT,
            numbers.parse,
            "Why customers leave, what is offered to whom, and in which words.",
        )
    )


def current() -> numbers.Numbers:
    """The numbers and words in force."""
    found: numbers.Numbers = policy.load(numbers.DOCUMENT)
    return found
