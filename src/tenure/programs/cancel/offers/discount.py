"""A discount: so many per cent off for some months, or off the next bill of a longer plan.

A discount is worth ``percent`` of ``months`` months, however they are billed. Where a bill is for
no more than that, it is taken off the coming bills; where it is for longer (a yearly plan), the
same value is taken off the next one: a quarter off three months is 6% of a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
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
    Texts,
    ToDo,
)

MOST_PERCENT = 49
"""A discount stays below half the price: deeper ones teach customers to cancel for a deal."""
MOST_MONTHS = 12


class DiscountOffer(Offer):
    """``percent`` off for ``months``."""

    kind: Literal["discount"]
    percent: int = 0
    months: int = 0

    @model_validator(mode="after")
    def _within_the_guardrails(self) -> DiscountOffer:
        if not 1 <= self.percent <= MOST_PERCENT:
            raise ValueError(
                f"a discount is from 1 to {MOST_PERCENT} percent: half the price or more teaches"
                " customers to cancel for a deal"
            )
        if not 1 <= self.months <= MOST_MONTHS:
            raise ValueError(f"a discount lasts from 1 to {MOST_MONTHS} months")
        return self


class DiscountKind(Kind[DiscountOffer]):
    """See the module."""

    name = "discount"
    title = "Discount, in billing"
    settings = DiscountOffer
    inputs = ("percent", "months")
    once = True

    def why_not(self, offer: DiscountOffer, who: Customer, rules: Guardrails, now: datetime) -> str:
        """Not soon after another, not beside a better one, and never half the price in all."""
        days = timedelta(days=rules.discount_cooldown_days)
        if any(p.kind == self.name and now - p.at < days for p in who.past):
            return f"a discount was offered in the last {days.days} days"
        if who.mrr_minor <= 0:
            return "they pay nothing"
        if who.interval_months is None:
            return "it is not known how often they are billed"
        return self._beside_others(offer, who, now)

    def _beside_others(self, offer: DiscountOffer, who: Customer, now: datetime) -> str:
        running = [d for d in who.discounts if d.runs_at(now)]
        best = max((d.percent for d in running), default=0.0)
        if best >= offer.percent or any(d.amount_minor for d in running):
            return "they have a discount already that is as good or may be better"
        kept = 1.0 - self.terms(offer, who).percent / 100
        for discount in running:
            kept *= 1.0 - discount.percent / 100
        in_all = round(100 * (1 - kept), 1)
        return f"with what they have off it would be {in_all:g}%" if in_all > MOST_PERCENT else ""

    def terms(self, offer: DiscountOffer, who: Customer) -> Terms:
        """By the month, by bills that are for no longer than the offer, or off the next bill."""
        every = who.interval_months or 1
        if every <= 1:
            return Terms(offer.percent, offer.months)
        bills = int(offer.months // every)
        if bills > 1:
            return Terms(offer.percent, round(bills * every))
        share = 1.0 if bills else offer.months / every
        return Terms(max(1, round(offer.percent * share)), 0, bill_at=who.renews_at)

    def wording(
        self, offer: DiscountOffer, terms: Terms, words: Mapping[str, str], tongue: str
    ) -> Texts:
        """The offer's own words, unless they speak of months and the next bill alone is meant."""
        own = super().wording(offer, terms, words, tongue)
        if terms.months or not any("{months}" in text for text in own.values()):
            return own
        dated = "" if terms.bill_at else "_undated"
        return {
            "title": words["discount_bill_title"],
            "text": words[f"discount_bill_text{dated}"],
            "yes": words["discount_bill_yes"],
        }

    def taken(self, terms: Terms, months: int, from_plan: str, now: datetime) -> Taken:
        """A coupon, and its end on the day: some billing systems do not end it by themselves."""
        coupon = ToDo("coupon", {"percent": terms.percent, "months": terms.months})
        if not terms.months:
            return Taken((coupon,))
        end = ToDo("coupon_end", due_at=months_on(now, terms.months), ends="coupon")
        return Taken((coupon, end))

    def saved_word(self, terms: Terms) -> str:
        """Of months, or of the next bill."""
        return "saved_discount" if terms.months else "saved_discount_bill"


KIND = DiscountKind()
