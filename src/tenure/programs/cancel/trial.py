"""Every reason played through for one customer: what they would be offered, and why not more.
Nothing is written down or carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenure.programs.cancel import workflow
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import View
from tenure.programs.cancel.settings import Reason, Settings, fill
from tenure.programs.cancel.workflow import Customer, No, ReasonGiven, State


@dataclass(frozen=True)
class OfferRead:
    """An offer as the customer would read it."""

    name: str
    title: str
    text: str
    yes: str
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Played:
    """One reason: the first offer, the one after a no, and what was left out with why. ``path`` is
    the number of the path that held, 0 if none did."""

    reason: str
    title: str
    path: int
    first: OfferRead | None
    then: OfferRead | None
    left_out: tuple[tuple[str, str], ...]


def play(who: Customer, numbers: Settings, language: str, now: datetime) -> list[Played]:
    """All reasons, in the order of the policy."""
    return [_play(reason, who, numbers, language, now) for reason in numbers.reasons]


def _play(reason: Reason, who: Customer, numbers: Settings, language: str, now: datetime) -> Played:
    first = workflow.step(State(), ReasonGiven(reason.name), who, numbers, now)
    then = workflow.step(first, No(), who, numbers, now)
    path = workflow.path_of(reason.name, who, numbers)
    left_out = [
        (name, why)
        for name in (path.offers if path else ())
        if (offer := numbers.offer(name)) and (why := workflow.why_not(offer, who, numbers, now))
    ]
    return Played(
        reason.name,
        reason.text[language],
        numbers.paths.index(path) + 1 if path else 0,
        _read(first.on_offer, who, numbers, language, now),
        _read(then.on_offer, who, numbers, language, now) if first.on_offer else None,
        tuple(left_out),
    )


def _read(
    name: str, who: Customer, numbers: Settings, language: str, now: datetime
) -> OfferRead | None:
    offer = numbers.offer(name)
    if offer is None:
        return None
    kind, words = registry.kind_of(offer), numbers.words[language]
    terms = kind.terms(offer, who)
    other = next((p for p in (who.lower, who.higher) if p and p.plan_id == terms.plan_id), None)
    places = {
        "percent": terms.percent,
        "months": terms.months,
        "plan": other.title if other else "",
        "date": f"{terms.bill_at:%Y-%m-%d}" if terms.bill_at else "",
    }
    open_ = kind.wording(offer, terms, words, language)
    said: dict[str, Any] = {part: fill(text, **places) for part, text in open_.items()}
    view = View(terms, who.plan, other, who.mrr_minor, words, now, lambda at: f"{at:%Y-%m-%d}")
    told = kind.details(offer, view)
    kept, lost = tuple(told.get("kept", ())), tuple(told.get("lost", ()))
    return OfferRead(offer.name, kept=kept, lost=lost, **said)
