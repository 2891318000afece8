"""A smaller plan, with what is kept and what is lost by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from tenure.programs.cancel.offers.base import (
    Customer,
    Guardrails,
    Kind,
    Offer,
    Taken,
    Terms,
    ToDo,
    View,
)
from tenure.programs.cancel.plans import bills, compare, part_in_words, price


class DowngradeOffer(Offer):
    """The plan below theirs."""

    kind: Literal["downgrade"]


class DowngradeKind(Kind[DowngradeOffer]):
    """See the module."""

    name = "downgrade"
    title = "Smaller plan, in billing"
    settings = DowngradeOffer

    def why_not(
        self,
        offer: DowngradeOffer,
        who: Customer,
        rules: Guardrails,
        now: datetime,
    ) -> str:
        """Only where it is known what they would keep and lose."""
        if who.plan is None or who.lower is None:
            return "no lower plan is known"
        told = compare(who.plan, who.lower)
        return "" if told.lost and told.kept else "it is not known what they would keep and lose"

    def terms(self, offer: DowngradeOffer, who: Customer) -> Terms:
        """The plan below theirs."""
        return Terms(plan_id=who.lower.plan_id if who.lower else "")

    def details(self, offer: DowngradeOffer, view: View) -> Mapping[str, Any]:
        """What is kept, what is lost, and the bill before and after, where both are known."""
        if view.mine is None or view.other is None:
            return {}
        told, words = compare(view.mine, view.other), view.words
        names = {"month": words["a_month"], "year": words["a_year"]}
        amounts = bills(view.mine, view.other, view.mrr_minor)
        plans = zip((view.mine, view.other), amounts, strict=False)
        return {
            "kept": [part_in_words(part, words, "") for part in told.kept],
            "lost": [part_in_words(part, words, "_lost") for part in told.lost],
            "prices": [f"{plan.title}: {price(plan, amount, names)}" for plan, amount in plans],
        }

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """A change of plan, with the plan it comes from, so that it can be taken back."""
        return Taken((ToDo("plan", {"plan_id": terms.plan_id, "from_plan": from_plan}),))


KIND = DowngradeKind()
