"""The policy document of the cancel flow."""

from __future__ import annotations

from tenure.core import policy
from tenure.programs.cancel import settings


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            settings.DOCUMENT,
            "Cancel flow",
            settings.DEFAULT,
            settings.parse,
            "Why customers leave, what is offered to whom, and in which words.",
            permission=policy.EDIT,
        ),
    )


def current() -> settings.Settings:
    """The numbers and words in force."""
    found: settings.Settings = policy.load(settings.DOCUMENT)
    return found
