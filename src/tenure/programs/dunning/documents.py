"""The policy documents of dunning."""

from __future__ import annotations

from tenure.core import policy
from tenure.programs.dunning import declines, settings


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            settings.DOCUMENT,
            "Dunning",
            settings.DEFAULT,
            settings.parse,
            "When a failed payment is tried again, what is written when, and when it ends.",
            permission=policy.EDIT,
        ),
        policy.PolicyDocument(
            declines.DOCUMENT,
            "Decline codes",
            declines.DEFAULT,
            declines.parse,
            "What each decline code means, and so what may be done after it.",
            permission=policy.EDIT,
        ),
    )


def current() -> settings.Settings:
    """The numbers and words in force."""
    found: settings.Settings = policy.load(settings.DOCUMENT)
    return found


def table() -> declines.Table:
    """The decline codes in force."""
    found: declines.Table = policy.load(declines.DOCUMENT)
    return found
