"""The policy documents of dunning."""

from __future__ import annotations

from tenure.core import policy
from tenure.programs.dunning import declines, numbers


def register() -> None:
    """Make the documents known."""
    policy.register(
        policy.PolicyDocument(
            numbers.DOCUMENT,
            "Dunning",
            numbers.DEFAULT,
            numbers.parse,
            "When a failed payment is tried again, what is written when, and when it ends.",
        )
    )
    policy.register(
        policy.PolicyDocument(
            declines.DOCUMENT,
            "Decline codes",
            declines.DEFAULT,
            declines.parse,
            "What each decline code means, and so what may be done after it.",
        )
    )


def current() -> numbers.Numbers:
    """The numbers and words in force."""
    found: numbers.Numbers = policy.load(numbers.DOCUMENT)
    return found


def table() -> declines.Table:
    """The decline codes in force."""
    found: declines.Table = policy.load(declines.DOCUMENT)
    return found
