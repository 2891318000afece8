"""The course of a case: retries, mails, grace, end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure.programs.dunning.schedule import Decision
from tenure.programs.dunning.settings import Mail, Settings


@dataclass(frozen=True)
class CaseState:
    """Where a case stands. ``mails`` are those handed in, with when; ``reachable``: somebody's mail
    address is known; ``extended_days``: a colleague gave so many days more; ``left``: the customer
    has left, or is about to; ``tried``: they only tried, and never paid."""

    opened_at: datetime
    mails: Mapping[str, datetime]
    reachable: bool
    in_grace: bool
    taken: bool = False
    extended_days: int = 0
    left: bool = False
    tried: bool = False


@dataclass(frozen=True)
class Next:
    """A step to come: ``retry``, ``mail:NAME``, ``grace``, ``cancel``, or ``person`` (nothing
    happens until a colleague acts; it has no moment)."""

    what: str
    why: str
    at: datetime | None = None


def plan(here: CaseState, card: Decision, numbers: Settings, now: datetime) -> list[Next]:
    """What comes, soonest first; only the first is sure, as facts may change the rest."""
    if here.taken:
        return [Next("person", "a colleague has taken it over")]
    if card.act == "look":
        return [Next("person", card.reason)]
    if here.tried:
        return [Next("person", "they only tried and never paid: nothing is asked of them")]
    if here.left:
        return _after_leaving(here, card, numbers, now)
    found = [Next("retry", card.reason, card.at)] if card.act == "retry" else []
    if here.reachable:
        found += _mails(here, numbers, now)
    found += _grace(here, numbers)
    found += _end(here, numbers)
    return sorted(found, key=lambda s: (s.at is None, s.at or now))


def _after_leaving(here: CaseState, card: Decision, numbers: Settings, now: datetime) -> list[Next]:
    """What is still owed is asked for by mail. The declined card is not tried again; one that they
    gave after it is."""
    found = [Next("retry", card.reason, card.at)] if card.act == "retry" and card.new_card else []
    if here.reachable:
        found += _mails(here, numbers, now)
    found.append(Next("person", "they have left: a colleague decides what becomes of the bill"))
    return sorted(found, key=lambda s: (s.at is None, s.at or now))


def _mails(here: CaseState, numbers: Settings, now: datetime) -> list[Next]:
    """Those not sent yet. Of several that are due only the latest goes: nobody gets a burst."""
    course = numbers.course_mails(here.left)
    sent = [m.day for m in course if m.name in here.mails]
    left = [m for m in course if m.name not in here.mails and m.day > max(sent, default=-1.0)]
    due = [m for m in left if _day(here, m) <= now]
    left = [*due[-1:], *(m for m in left if m not in due)]
    return [Next(f"mail:{m.name}", f"day {m.day:g} of the course", _day(here, m)) for m in left]


def _day(here: CaseState, mail: Mail) -> datetime:
    return here.opened_at + timedelta(days=mail.day)


def _grace(here: CaseState, numbers: Settings) -> list[Next]:
    if here.in_grace:
        return []
    at = here.opened_at + timedelta(days=numbers.course.grace_day + here.extended_days)
    return [Next("grace", "still unpaid: access may be paused", at)]


def _end(here: CaseState, numbers: Settings) -> list[Next]:
    """The subscription ends only after the last chance was given in time."""
    if not here.reachable:
        return [Next("person", "nobody's mail address is known, so nothing is ended unasked")]
    last = numbers.course_mails()[-1]
    at = here.opened_at + timedelta(days=numbers.course.cancel_day + here.extended_days)
    told = here.mails.get(last.name, here.opened_at + timedelta(days=last.day))
    at = max(at, told + timedelta(days=numbers.course.notice_days))
    return [Next("cancel", "unpaid to the end of the course", at)]
