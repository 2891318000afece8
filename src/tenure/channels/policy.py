"""The send gate's decision: may this message go to this person now? Pure.

The rules, in the order in which they are asked; the first that says no decides.

1. *stale*: it is past the time at which it still made sense.
2. *suppressed*: the address bounced for good, or its owner complained.
3. *consent*: the person said no to this channel or purpose (not asked for transactional purposes).
4. *churned*, *trouble*: no selling to an account in trouble.
5. *no*: no selling for a while after a no.
6. *hold-out*: the person is in the group that gets nothing, so that the effect can be measured.
7. *cap*: as many as the person should get have gone out already.
8. *account*: enough other people of the account got messages of the same play.
9. *conversation*: another conversation with the person is under way; wait for its end.
10. *quiet*: it is night or weekend where the person is; wait.

Transactional purposes are subject to rules 1 and 2 only, and to quiet hours on no channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from tenure.channels.settings import ANY, Cap, Numbers, zone_of

Verdict = Literal["send", "wait", "withhold"]
_ROLLING = {"week": timedelta(days=7), "month": timedelta(days=30)}
_SATURDAY = 5


@dataclass(frozen=True)
class SendRequest:
    """A message that wants to go out. ``source`` is what sends it (``play:no-login``); ``caps`` are
    that source's own, counted over its messages only."""

    channel: str
    purpose: str
    due_at: datetime
    source: str = ""
    caps: tuple[Cap, ...] = ()
    urgent: bool = False
    held_out: bool = False


@dataclass(frozen=True)
class Before:
    """A message that went out earlier (or has leave to go)."""

    at: datetime
    channel: str
    source: str
    transactional: bool = False


@dataclass(frozen=True)
class Recipient:
    """What is known of the person and their account, as of now."""

    zone: str = ""
    suppressed: str = ""
    refused: frozenset[tuple[str, str]] = frozenset()  # (channel or any, purpose or any)
    in_trouble: bool = False
    last_no_at: datetime | None = None
    before: Sequence[Before] = field(default_factory=tuple)
    colleagues: int = 0
    """Other people of the account who lately got messages of the same source; none where the person
    did, too."""


@dataclass(frozen=True)
class Decision:
    """What the gate says. ``until`` is when a waiting message is asked about again, and for a cap
    the first moment at which it would have passed."""

    verdict: Verdict
    rule: str = ""
    reason: str = ""
    until: datetime | None = None


SEND = Decision("send")


def decide(ask: SendRequest, who: Recipient, numbers: Numbers, now: datetime) -> Decision:
    """The gate's answer for one message at ``now`` (aware, UTC)."""
    refusal = _stale(ask, numbers, now) or _suppressed(who)
    if refusal:
        return refusal
    if not _restrained(ask, numbers):
        return SEND
    return (
        _consent(ask, who, numbers)
        or _selling(ask, who, numbers, now)
        or _held_out(ask)
        or _capped(ask, who, numbers, now)
        or _enough_colleagues(ask, who, numbers)
        or _conversation(ask, who, numbers, now)
        or _quiet(ask, who, numbers, now)
        or SEND
    )


def _restrained(ask: SendRequest, numbers: Numbers) -> bool:
    reaches = numbers.channels[ask.channel].reaches
    return reaches == "person" and numbers.purposes[ask.purpose].category != "transactional"


def _stale(ask: SendRequest, numbers: Numbers, now: datetime) -> Decision | None:
    limit = ask.due_at + numbers.stale_after(ask.purpose)
    if now <= limit:
        return None
    return Decision("withhold", "stale", f"was due on {_day(ask.due_at)}; it comes too late now")


def _suppressed(who: Recipient) -> Decision | None:
    if not who.suppressed:
        return None
    return Decision("withhold", "suppressed", f"nothing is sent to this address: {who.suppressed}")


def _consent(ask: SendRequest, who: Recipient, numbers: Numbers) -> Decision | None:
    asked = {(c, p) for c in (ask.channel, ANY) for p in (ask.purpose, ANY)}
    if not asked & who.refused:
        return None
    title = numbers.purposes[ask.purpose].title.lower()
    return Decision(
        "withhold", "consent", f"the person does not want messages about: {title} ({ask.channel})"
    )


def _selling(ask: SendRequest, who: Recipient, numbers: Numbers, now: datetime) -> Decision | None:
    if not numbers.purposes[ask.purpose].selling:
        return None
    if who.in_trouble and ask.purpose != "winback":
        return Decision("withhold", "trouble", "the account is in trouble: help first, sell later")
    if who.last_no_at is None:
        return None
    until = who.last_no_at + timedelta(days=numbers.backoff.after_no_days)
    if now >= until:
        return None
    reason = f"the person said no on {_day(who.last_no_at)}; ask again from {_day(until)}"
    return Decision("withhold", "no", reason, until)


def _held_out(ask: SendRequest) -> Decision | None:
    if not ask.held_out:
        return None
    return Decision(
        "withhold", "hold-out", "held out on purpose, to measure what the messages change"
    )


def _capped(ask: SendRequest, who: Recipient, numbers: Numbers, now: datetime) -> Decision | None:
    zone = zone_of(who.zone, numbers)
    counted = [b for b in who.before if not b.transactional]
    hits = [
        (cap, free)
        for cap, past in _caps_with_past(ask, counted, numbers)
        if (free := free_at(cap, past, zone.key, numbers, now)) is None or free > now
    ]
    if not hits:
        return None
    never = [cap for cap, free in hits if free is None]
    if never:
        return Decision("withhold", "cap", f"{never[0].words()}: nothing is sent at all")
    cap, free = max(hits, key=lambda hit: hit[1] or now)
    assert free is not None
    local = free.astimezone(zone)
    return Decision(
        "withhold", "cap", f"{cap.words()} reached, next possible on {_moment(local)}", free
    )


def _caps_with_past(
    ask: SendRequest, counted: Sequence[Before], numbers: Numbers
) -> list[tuple[Cap, list[datetime]]]:
    common = [cap for cap in numbers.caps if cap.channel in (ANY, ask.channel)]
    found = [(c, [b.at for b in counted if c.channel in (ANY, b.channel)]) for c in common]
    own = [b for b in counted if b.source == ask.source]
    found += [
        (c, [b.at for b in own if c.channel in (ANY, b.channel)])
        for c in ask.caps
        if c.channel in (ANY, ask.channel)
    ]
    return found


def free_at(
    cap: Cap, past: Sequence[datetime], zone: str, numbers: Numbers, now: datetime
) -> datetime | None:
    """The first moment from ``now`` on at which ``cap`` lets one more through; None if never.

    A rolling period frees a place when its oldest message leaves it; a day at local midnight.
    """
    if cap.most == 0:
        return None
    if cap.per == "day":
        place = zone_of(zone, numbers)
        today = now.astimezone(place).date()
        spent = sum(at.astimezone(place).date() >= today for at in past)
        return now if spent < cap.most else _midnight(today + timedelta(days=1), zone, numbers)
    span = _ROLLING[cap.per]
    inside = sorted(at for at in past if at > now - span)
    return now if len(inside) < cap.most else inside[-cap.most] + span


def _midnight(day: date, zone: str, numbers: Numbers) -> datetime:
    return datetime.combine(day, time(), zone_of(zone, numbers)).astimezone(UTC)


def _enough_colleagues(ask: SendRequest, who: Recipient, numbers: Numbers) -> Decision | None:
    cap = numbers.account
    counts = ask.source and ask.channel in cap.channels and ask.purpose not in cap.not_for
    if not counts or who.colleagues < cap.people:
        return None
    reason = f"{who.colleagues} people of the account got this within {cap.days} days: enough"
    return Decision("withhold", "account", reason)


def _conversation(
    ask: SendRequest, who: Recipient, numbers: Numbers, now: datetime
) -> Decision | None:
    others = [b for b in who.before if b.source and b.source != ask.source and not b.transactional]
    if ask.urgent or not others or not ask.source:
        return None
    last = max(others, key=lambda b: b.at)
    until = last.at + timedelta(days=numbers.conversation.days)
    if now >= until:
        return None
    return _wait_or_withhold(
        ask, numbers, until, "conversation", f"another conversation is under way ({last.source})"
    )


def _quiet(ask: SendRequest, who: Recipient, numbers: Numbers, now: datetime) -> Decision | None:
    if not numbers.channels[ask.channel].quiet:
        return None
    until = loud_from(who.zone, numbers, now)
    if until <= now:
        return None
    zone = zone_of(who.zone, numbers)
    reason = f"it is {now.astimezone(zone):%a %H:%M} where the person is"
    return _wait_or_withhold(ask, numbers, until, "quiet", reason)


def _wait_or_withhold(
    ask: SendRequest, numbers: Numbers, until: datetime, rule: str, reason: str
) -> Decision:
    if until > ask.due_at + numbers.stale_after(ask.purpose):
        too_late = f"{reason}; by the time it could go it is too late"
        return Decision("withhold", rule, too_late, until)
    return Decision("wait", rule, f"{reason}; goes from {_moment(until)} UTC", until)


def loud_from(zone: str, numbers: Numbers, now: datetime) -> datetime:
    """The first moment from ``now`` on that is not quiet for a person in ``zone``, in UTC."""
    place, moment = zone_of(zone, numbers), now
    for _ in range(_MOST_STEPS):
        local = moment.astimezone(place)
        if numbers.quiet.weekends and local.weekday() >= _SATURDAY:
            moment = _midnight(local.date() + timedelta(days=1), zone, numbers)
        elif _is_night(local.time(), numbers):
            moment = _morning(local, zone, numbers)
        else:
            return moment
    return moment


_MOST_STEPS = 6  # Friday night, Saturday, Sunday, Monday morning, and two to spare


def _is_night(clock: time, numbers: Numbers) -> bool:
    start, end = numbers.quiet.start, numbers.quiet.end
    clock = clock.replace(tzinfo=None)
    if start < end:
        return start <= clock < end
    return clock >= start or clock < end


def _morning(local: datetime, zone: str, numbers: Numbers) -> datetime:
    end = numbers.quiet.end
    day = local.date() + timedelta(days=local.time().replace(tzinfo=None) >= end)
    place = zone_of(zone, numbers)
    morning = datetime.combine(day, end, place).astimezone(UTC)
    # In the hour that an autumn night has twice, the first of the two may lie behind us.
    return morning if morning > local.astimezone(UTC) else morning + timedelta(hours=1)


def _day(moment: datetime) -> str:
    return f"{moment:%-d %B %Y}"


def _moment(moment: datetime) -> str:
    return f"{moment:%-d %B %Y, %H:%M}"
