"""The board's policy document."""

from __future__ import annotations

from tenure.core import policy
from tenure.documents.board.spec import DEFAULT, DOCUMENT, parse


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    about = "The figures that retention is steered by, and their targets."
    return (
        policy.PolicyDocument(DOCUMENT, "Board", DEFAULT, parse, about, permission=policy.EDIT),
    )
