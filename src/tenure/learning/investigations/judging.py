"""From what was known when an account left to cause and verdict. Pure.

The *revealed* cause is the one whose evidence weighs most. It is kept apart from the *stated* one,
which the customer gave: people name a price where the use had stopped long before, and both are
worth knowing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenure.learning.investigations.settings import Settings, Warnings


@dataclass(frozen=True)
class Look:
    """A score at a moment before the end, with the warnings that fired. ``shown`` is False for one
    worked out later from history: nobody could have seen it."""

    at: datetime
    warnings: tuple[str, ...]
    shown: bool = True


@dataclass(frozen=True)
class Contact:
    """Something that was done about the account: a contact, a task closed, a play begun."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Warned:
    """A warning in its last unbroken course before the end. ``answer`` is the first thing done
    within policy's days of its beginning, empty if nothing was."""

    name: str
    first_at: datetime
    last_at: datetime
    lead_days: int
    shown: bool
    answer: str = ""

    @property
    def missed(self) -> bool:
        """Whether it was to be seen and nobody did anything."""
        return self.shown and not self.answer


@dataclass(frozen=True)
class Pointer:
    """Evidence for a cause: its name, a sentence, and how much it weighs."""

    cause: str
    name: str
    text: str
    weight: float


@dataclass(frozen=True)
class Proposal:
    """What the system makes of a loss. ``verdict``: preventable, not_preventable or unclear."""

    cause: str
    verdict: str
    how: str
    evidence: tuple[Pointer, ...]


def warned(
    looks: Sequence[Look], contacts: Sequence[Contact], end: datetime, policy: Warnings
) -> list[Warned]:
    """The warnings before ``end``, longest lead first.

    A course is unbroken where no more than ``gap_days`` lie between two firings; only the last one
    of each warning counts, and only if it reached into the last ``fresh_days``.
    """
    gap, fresh = timedelta(days=policy.gap_days), timedelta(days=policy.fresh_days)
    fired: dict[str, list[Look]] = {}
    for look in sorted(looks, key=lambda one: one.at):
        if look.at <= end:
            for name in look.warnings:
                fired.setdefault(name, []).append(look)
    found = []
    for name, moments in fired.items():
        if end - moments[-1].at > fresh:
            continue
        course = [moments[-1]]
        for look in reversed(moments[:-1]):
            if course[0].at - look.at > gap:
                break
            course.insert(0, look)
        first = course[0].at
        found.append(
            Warned(
                name,
                first,
                course[-1].at,
                (end - first).days,
                any(m.shown for m in course),
                _answer(first, contacts, policy),
            )
        )
    return sorted(found, key=lambda w: (-w.lead_days, w.name))


def _answer(first: datetime, contacts: Sequence[Contact], policy: Warnings) -> str:
    until = first + timedelta(days=policy.answer_days)
    after = [c for c in contacts if first <= c.at <= until]
    if not after:
        return ""
    soonest = min(after, key=lambda c: c.at)
    days = (soonest.at - first).days
    when = "the same day" if not days else f"{days} day{'' if days == 1 else 's'} later"
    return f"{soonest.what}, {when}"


def propose(
    warnings: Sequence[Warned],
    titles: Mapping[str, str],
    measured: Mapping[str, str],
    stated: str,
    numbers: Settings,
) -> Proposal:
    """The cause with the greatest weight of evidence, and whether it could have been prevented.

    ``titles`` are the warnings in words; ``measured`` maps other evidence that was found to its
    sentence. Without evidence the stated cause stands in. A cause that can be prevented needs a
    lead of ``least_lead_days`` (or its own), else nobody could have acted.

    >>> from tenure.learning.investigations.settings import packaged
    >>> told = propose([], {}, {"ended_involuntarily": "The last payment failed"}, "", packaged())
    >>> told.cause, told.verdict
    ('payment', 'preventable')
    >>> propose([], {}, {}, "need_ended", packaged()).verdict
    'not_preventable'
    """
    found = _pointers(warnings, titles, measured, numbers)
    cause, weight = _heaviest(found, numbers)
    if weight < numbers.verdict.least_strength:
        cause = stated
    if cause not in numbers.causes:
        return Proposal("", "unclear", "Nothing in the facts points to a cause.", found)
    about = numbers.causes[cause]
    if not about.preventable:
        return Proposal(cause, "not_preventable", about.how, found)
    needed = numbers.verdict.least_lead_days if about.lead_days is None else about.lead_days
    lead = max((w.lead_days for w in warnings), default=0)
    if lead < needed:
        told = (
            f"The first warning came {lead} days before the end"
            if warnings
            else ("No warning fired before the end")
        )
        return Proposal(
            cause,
            "unclear",
            f"{told}; {needed:.0f} days would have been needed to act. {about.how}",
            found,
        )
    return Proposal(cause, "preventable", f"{_course(warnings)}{about.how}", found)


def _course(warnings: Sequence[Warned]) -> str:
    if not warnings:
        return ""
    lead, missed = warnings[0].lead_days, sum(w.missed for w in warnings)
    many = "One warning fired" if len(warnings) == 1 else f"{len(warnings)} warnings fired"
    said = f"{many}, the first {lead} day{'' if lead == 1 else 's'} before the end"
    return f"{said}; {missed} of them nobody answered. " if missed else f"{said}. "


def _pointers(
    warnings: Sequence[Warned],
    titles: Mapping[str, str],
    measured: Mapping[str, str],
    numbers: Settings,
) -> tuple[Pointer, ...]:
    by_name = {w.name: w for w in warnings}
    found = []
    for cause, about in numbers.causes.items():
        for name, weight in about.evidence.items():
            if name in measured:
                found.append(Pointer(cause, name, measured[name], weight))
            elif name in by_name:
                days = by_name[name].lead_days
                text = f"{titles.get(name, name)}, from {days} day{'' if days == 1 else 's'} before"
                found.append(Pointer(cause, name, text, weight))
    order = {name: n for n, name in enumerate(_by_weight(found, numbers))}
    return tuple(sorted(found, key=lambda p: (order[p.cause], -p.weight, p.name)))


def _by_weight(found: Sequence[Pointer], numbers: Settings) -> list[str]:
    return sorted(numbers.causes, key=lambda name: -_weight(found, name))  # stable: policy's order


def _weight(found: Sequence[Pointer], cause: str) -> float:
    return sum(p.weight for p in found if p.cause == cause)


def _heaviest(found: Sequence[Pointer], numbers: Settings) -> tuple[str, float]:
    cause = _by_weight(found, numbers)[0]
    return cause, _weight(found, cause)


def measured(dossier: Mapping[str, Any], end: datetime, numbers: Settings) -> dict[str, str]:
    """Evidence that a dossier shows by itself, as sentences by name (see ``numbers.MEASURED``)."""
    rules, found = numbers.verdict, {}
    if dossier["kind"] == "involuntary":
        found["ended_involuntarily"] = "It ended after a failed payment, not by a decision"
    stay = dossier["stay_days"]
    if stay is not None and stay < rules.single_month_days:
        found["short_stay"] = f"It stayed for {stay} days only"
    if dossier["champion_left_at"]:
        found["champion_gone"] = f"Its champion had left on {dossier['champion_left_at'][:10]}"
    tickets = dossier["tickets"]
    still = [t for t in tickets if not t["resolved_at"]]
    if still:
        found["open_tickets"] = _many(len(still), "ticket", "open when it left")
    slow = [t for t in tickets if (t["reply_hours"] or 0) > rules.slow_reply_hours]
    if len(slow) * 2 > len(tickets):
        found["slow_replies"] = (
            f"{len(slow)} of {len(tickets)} tickets waited more than "
            f"{rules.slow_reply_hours:.0f} hours for a first reply"
        )
    found |= _of_contacts(dossier, end, numbers)
    unhappy = [
        a
        for a in dossier["answers"]
        if a["score"] is not None and a["score"] <= rules.unhappy.get(a["survey"], float("-inf"))
    ]
    if unhappy:
        last = max(unhappy, key=lambda a: a["at"])
        found["unhappy_answer"] = f"{last['survey'].upper()} of {last['score']:g} was answered"
    return found


def _of_contacts(dossier: Mapping[str, Any], end: datetime, numbers: Settings) -> dict[str, str]:
    found = {}
    silent = numbers.verdict.silent_days
    since = (end - timedelta(days=silent)).isoformat()
    long_enough = dossier["stay_days"] is None or dossier["stay_days"] >= silent
    recent = any(c["at"] >= since for c in dossier["contacts"])
    if dossier["contacts_kept"] and long_enough and not recent:
        found["no_contact"] = f"Nobody was in contact in the last {silent:.0f} days"
    missed = [w for w in dossier["warnings"] if w["missed"]]
    if missed:
        found["warnings_missed"] = _many(len(missed), "warning", "answered by nobody")
    return found


def _many(n: int, what: str, rest: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'} {'was' if n == 1 else 'were'} {rest}"
