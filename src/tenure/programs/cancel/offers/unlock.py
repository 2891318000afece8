"""The plan above theirs for some months at today's price; your product is told to unlock it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import model_validator

from tenure.analytics.moments import months_on
from tenure.programs.cancel.offers.base import (
    Customer,
    Guardrails,
    Kind,
    Offer,
    Taken,
    Terms,
)

MOST_MONTHS = 12


class UnlockOffer(Offer):
    """For ``months``."""

    kind: Literal["unlock"]
    months: int = 0

    @model_validator(mode="after")
    def _lasts(self) -> UnlockOffer:
        if not 1 <= self.months <= MOST_MONTHS:
            raise ValueError(f"a plan is unlocked for 1 to {MOST_MONTHS} months")
        return self


class UnlockKind(Kind[UnlockOffer]):
    """See the module."""

    name = "unlock"
    title = "Higher plan for a while"
    settings = UnlockOffer
    inputs = ("months",)

    def why_not(self, offer: UnlockOffer, who: Customer, rules: Guardrails, now: datetime) -> str:
        """Only below the highest plan."""
        return "" if who.higher is not None else "no higher plan is known"

    def terms(self, offer: UnlockOffer, who: Customer) -> Terms:
        """The plan above theirs, and for how long."""
        return Terms(months=offer.months, plan_id=who.higher.plan_id if who.higher else "")

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """A fact for your product."""
        until = months_on(now, terms.months).isoformat()
        return Taken(facts=(("unlocked", {"plan": terms.plan_id, "until": until}),))


KIND = UnlockKind()
