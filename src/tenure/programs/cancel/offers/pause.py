"""A pause: nothing is billed for up to some months, then it goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import model_validator

from tenure.analytics.moments import months_on
from tenure.programs.cancel.offers.base import (
    Choice,
    Customer,
    Guardrails,
    Kind,
    Offer,
    Taken,
    Terms,
    ToDo,
    View,
)

MOST_PAUSE_MONTHS = 3


class PauseOffer(Offer):
    """Up to ``months``; the customer chooses."""

    kind: Literal["pause"]
    months: int = 0

    @model_validator(mode="after")
    def _within_the_guardrails(self) -> PauseOffer:
        if not 1 <= self.months <= MOST_PAUSE_MONTHS:
            raise ValueError(f"a pause is from 1 to {MOST_PAUSE_MONTHS} months")
        return self


class PauseKind(Kind[PauseOffer]):
    """See the module."""

    name = "pause"
    title = "Pause, in billing"
    settings = PauseOffer
    inputs = ("months",)

    def why_not(self, offer: PauseOffer, who: Customer, rules: Guardrails, now: datetime) -> str:
        """Not while on pause, and not soon after one."""
        days = timedelta(days=rules.pause_cooldown_days)
        if who.paused:
            return "they are paused already"
        if any(p.kind == self.name and p.accepted and now - p.at < days for p in who.past):
            return f"they took a pause in the last {days.days} days"
        return ""

    def terms(self, offer: PauseOffer, who: Customer) -> Terms:
        """The longest they may choose."""
        return Terms(months=offer.months)

    def details(self, offer: PauseOffer, view: View) -> Mapping[str, Any]:
        """The lengths to choose from, each with its last day."""
        return {"months": [self._length(n, view) for n in range(1, view.terms.months + 1)]}

    def _length(self, months: int, view: View) -> Choice:
        words = view.words
        long = words["month"] if months == 1 else words["some_months"].format(months=months)
        until = words["until"].format(date=view.day(months_on(view.now, months)))
        return Choice(str(months), f"{long}, {until}")

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """The pause as long as chosen, and its end: to billing systems that end it by themselves
        that says nothing new."""
        chosen = months if 1 <= months <= terms.months else terms.months
        chosen = min(chosen, MOST_PAUSE_MONTHS)
        until = months_on(now, chosen)
        pause = ToDo("pause", {"until": until.isoformat(), "from": now.isoformat()})
        return Taken(
            (pause, ToDo("resume", due_at=until, ends="pause")), months=chosen, until=until
        )


KIND = PauseKind()
