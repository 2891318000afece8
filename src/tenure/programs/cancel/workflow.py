"""The course of one visit: what is shown next, and how it ends. Pure.

A visit is survey, at most one offer, and the way out with at most one more offer beside it. It ends
once: saved (an offer was taken), kept (they stay as they are), cancelled, or abandoned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import Customer, Offer, Past
from tenure.programs.cancel.settings import MOST_SHOWN, OfferPath, Reason, Settings

Screen = Literal["survey", "offer", "confirm", "saved", "kept", "cancelled", "abandoned"]
ENDS = ("saved", "kept", "cancelled", "abandoned")


@dataclass(frozen=True)
class State:
    """Where a visit stands. ``shown`` are the offers shown so far; the last may still be taken."""

    screen: Screen = "survey"
    reason: str = ""
    shown: tuple[str, ...] = ()
    accepted: str = ""

    @property
    def outcome(self) -> str:
        """How it ended; empty while it has not."""
        return self.screen if self.screen in ENDS else ""

    @property
    def on_offer(self) -> str:
        """The offer that can be taken now."""
        return self.shown[-1] if self.shown and self.screen in ("offer", "confirm") else ""


@dataclass(frozen=True)
class ReasonGiven:
    """They gave a reason (empty: they would rather not say)."""

    reason: str = ""


@dataclass(frozen=True)
class Yes:
    """They take the offer of that name."""

    offer: str


@dataclass(frozen=True)
class No:
    """They do not want the offer."""


@dataclass(frozen=True)
class Cancel:
    """They cancel."""


@dataclass(frozen=True)
class Keep:
    """They stay, as they are."""


@dataclass(frozen=True)
class Left:
    """Nothing was heard from them for too long."""


Answer = ReasonGiven | Yes | No | Cancel | Keep | Left


def step(here: State, answer: Answer, who: Customer, numbers: Settings, now: datetime) -> State:
    """The visit after an answer. An answer that does not fit the screen (second click, old tab)
    changes nothing, and nothing changes a visit that has ended.

    >>> from datetime import UTC, datetime
    >>> from tenure.programs.cancel.settings import packaged
    >>> now, numbers = datetime(2026, 3, 2, tzinfo=UTC), packaged()
    >>> who = Customer(mrr_minor=4900, currency="EUR", arm="offers")
    >>> asked = step(State(), ReasonGiven("too_expensive"), who, numbers, now)
    >>> asked.screen, asked.on_offer
    ('offer', 'discount')
    >>> out = step(asked, No(), who, numbers, now)
    >>> out.screen, step(out, Cancel(), who, numbers, now).outcome
    ('confirm', 'cancelled')
    """
    if here.outcome:
        return here
    if isinstance(answer, Left):
        return replace(here, screen="abandoned")
    if isinstance(answer, Keep):
        return replace(here, screen="kept")
    if isinstance(answer, Yes):
        taken = bool(answer.offer) and answer.offer == here.on_offer
        return replace(here, screen="saved", accepted=answer.offer) if taken else here
    if here.screen == "survey":
        return _after_survey(here, answer, who, numbers, now)
    if here.screen == "offer":
        return here if isinstance(answer, ReasonGiven) else _way_out(here, who, numbers, now)
    return replace(here, screen="cancelled") if isinstance(answer, Cancel) else here


def _after_survey(
    here: State, answer: Answer, who: Customer, numbers: Settings, now: datetime
) -> State:
    if not isinstance(answer, ReasonGiven) or not answer.reason:
        return replace(here, screen="confirm")
    told = replace(here, reason=answer.reason)
    if numbers.reason(answer.reason) is None:
        return here
    first = best(told, who, numbers, now)
    if first is None:
        return replace(told, screen="confirm")
    return replace(told, screen="offer", shown=(first.name,))


def _way_out(here: State, who: Customer, numbers: Settings, now: datetime) -> State:
    """The confirmation. One more offer stands beside the way out, never before it."""
    more = best(here, who, numbers, now)
    # An offer that was declined cannot be taken from here: nothing on the page would mean it.
    shown = (*here.shown, more.name) if more is not None else (*here.shown, "")
    return replace(here, screen="confirm", shown=shown)


def best(here: State, who: Customer, numbers: Settings, now: datetime) -> Offer | None:
    """The next offer for this customer, or None."""
    shown = [name for name in here.shown if name]
    path = path_of(here.reason, who, numbers)
    if path is None or len(shown) >= MOST_SHOWN or who.arm == numbers.split.control:
        return None
    kinds = {o.kind for name in shown if (o := numbers.offer(name))}
    for name in path.offers:
        offer = numbers.offer(name)
        if offer is None or name in shown:
            continue
        if registry.kind_of(offer).once and offer.kind in kinds:
            continue
        if not why_not(offer, who, numbers, now):
            return offer
    return None


def path_of(reason: str, who: Customer, numbers: Settings) -> OfferPath | None:
    """The first path whose conditions all hold."""
    return next((p for p in numbers.paths if reason and _holds(p, reason, who)), None)


def _holds(path: OfferPath, reason: str, who: Customer) -> bool:
    return (
        (not path.reasons or reason in path.reasons)
        and (not path.segments or bool(who.segments & set(path.segments)))
        and (not path.arms or who.arm in path.arms)
        and who.mrr_minor >= path.mrr_from_minor
        and (path.mrr_below_minor is None or who.mrr_minor < path.mrr_below_minor)
    )


def why_not(offer: Offer, who: Customer, numbers: Settings, now: datetime) -> str:
    """Why this customer cannot have ``offer`` now; empty if they can."""
    return registry.kind_of(offer).why_not(offer, who, numbers.guardrails, now)


def in_order(reasons: Sequence[Reason], visit: str) -> list[Reason]:
    """The reasons in an order drawn for this visit; the one marked last comes last.

    >>> from tenure.programs.cancel.settings import packaged
    >>> in_order(packaged().reasons, "v1")[-1].name
    'other'
    """
    drawn = {r.name: sha256(f"{visit}:{r.name}".encode()).digest() for r in reasons}
    return sorted(reasons, key=lambda r: (r.last, drawn[r.name]))


__all__ = [
    "ENDS",
    "Answer",
    "Cancel",
    "Customer",
    "Keep",
    "Left",
    "No",
    "Past",
    "ReasonGiven",
    "State",
    "Yes",
    "best",
    "in_order",
    "path_of",
    "step",
    "why_not",
]
