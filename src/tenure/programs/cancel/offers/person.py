"""A colleague gets in touch, within some hours."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tenure.programs.cancel.offers.base import Kind, Offer, Taken, Terms


class PersonOffer(Offer):
    """Within ``hours``; ``urgent`` says so to the colleague."""

    kind: Literal["person"]


class PersonKind(Kind[PersonOffer]):
    """See the module."""

    name = "person"
    title = "A colleague gets in touch"
    settings = PersonOffer
    inputs = ("hours",)

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """The owner is told."""
        return Taken(colleague=True)


KIND = PersonKind()
