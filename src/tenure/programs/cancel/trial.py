"""Every reason played through for one customer: what they would be offered, and why not more.
Nothing is written down or carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tenure.programs.cancel import course
from tenure.programs.cancel.course import Customer, No, State, Told
from tenure.programs.cancel.numbers import Numbers, Offer, Reason, fill
from tenure.programs.cancel.plans import Part, compare


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


def play(who: Customer, numbers: Numbers, language: str, now: datetime) -> list[Played]:
    """All reasons, in the order of the policy."""
    return [_play(reason, who, numbers, language, now) for reason in numbers.reasons]


def _play(reason: Reason, who: Customer, numbers: Numbers, language: str, now: datetime) -> Played:
    first = course.step(State(), Told(reason.name), who, numbers, now)
    then = course.step(first, No(), who, numbers, now)
    path = course.path_of(reason.name, who, numbers)
    left_out = [
        (name, why)
        for name in (path.offers if path else ())
        if (offer := numbers.offer(name)) and (why := course.why_not(offer, who, numbers, now))
    ]
    return Played(
        reason.name, reason.text[language], numbers.paths.index(path) + 1 if path else 0,
        _read(first.on_offer, who, numbers, language),
        _read(then.on_offer, who, numbers, language) if first.on_offer else None, tuple(left_out),
    )  # fmt: skip


def _read(name: str, who: Customer, numbers: Numbers, language: str) -> OfferRead | None:
    offer = numbers.offer(name)
    if offer is None:
        return None
    plan = {"downgrade": who.lower, "unlock": who.higher}.get(offer.kind)
    places = {"percent": offer.percent, "months": offer.months, "plan": plan.title if plan else ""}
    said = [fill(getattr(offer, part)[language], **places) for part in ("title", "text", "yes")]
    kept, lost = _change(offer, who, numbers, language)
    return OfferRead(offer.name, said[0], said[1], said[2], kept, lost)


def _change(
    offer: Offer, who: Customer, numbers: Numbers, language: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if offer.kind != "downgrade" or who.plan is None or who.lower is None:
        return (), ()
    words, told = numbers.words[language], compare(who.plan, who.lower)
    return (
        tuple(part_in_words(p, words, "") for p in told.kept),
        tuple(part_in_words(p, words, "_lost") for p in told.lost),
    )


def part_in_words(part: Part, words: dict[str, str], beyond: str) -> str:
    """A feature's name, or a limit in the customer's language."""
    return part if isinstance(part, str) else fill(words[f"{part[0]}{beyond}"], n=part[1])
