"""When a declined card is tried again, if ever. Pure: no Django, no clock, no randomness.

Only soft declines are tried again on the same card; every other kind waits for a new one (or for
the customer to confirm). The networks' limits bound every try, whatever the plan says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tenure.programs.dunning.declines import Decline
from tenure.programs.dunning.settings import Learning, Limit, Settings

Act = Literal["retry", "ask", "confirm", "look", "end"]


@dataclass(frozen=True)
class Tried:
    """An attempt on one card."""

    at: datetime
    card: str = ""
    own: bool = True  # for this invoice, not for another one paid with the same card


@dataclass(frozen=True)
class Situation:
    """What is known of one unpaid invoice. ``card`` is the one on file now."""

    opened_at: datetime
    decline: Decline
    tried: Sequence[Tried]
    card: str = ""
    declined_card: str = ""
    network: str = ""
    zone: str = "UTC"


@dataclass(frozen=True)
class Decision:
    """What happens next with the card, when, and why; ``new_card``: it is another card than the
    one that was declined."""

    act: Act
    reason: str
    at: datetime | None = None
    new_card: bool = False


@dataclass(frozen=True)
class Learned:
    """How often attempts went through by local hour and by day of the month, drawn to the overall
    rate where there are few: (successes + strength x overall) / (attempts + strength)."""

    hours: dict[int, float] = field(default_factory=dict)
    days: dict[int, float] = field(default_factory=dict)
    overall: float = 0.0
    attempts: int = 0

    def promise(self, moment: datetime) -> float:
        """How promising a local moment is: the two rates multiplied, over the overall rate."""
        if not self.overall:
            return 0.0
        hour = self.hours.get(moment.hour, self.overall)
        day = self.days.get(moment.day, self.overall)
        return hour * day / self.overall


def learn(past: Iterable[tuple[datetime, bool]], learning: Learning) -> Learned:
    """What past retries teach; each is its local moment and whether it went through."""
    tries: Counter[tuple[str, int]] = Counter()
    good: Counter[tuple[str, int]] = Counter()
    count = won = 0
    for moment, went_through in past:
        count, won = count + 1, won + went_through
        for key in (("hour", moment.hour), ("day", moment.day)):
            tries[key] += 1
            good[key] += went_through
    overall = won / count if count else 0.0
    rate = {
        key: (good[key] + learning.strength * overall) / (n + learning.strength)
        for key, n in tries.items()
    }
    return Learned(
        {value: r for (what, value), r in rate.items() if what == "hour"},
        {value: r for (what, value), r in rate.items() if what == "day"},
        overall,
        count,
    )


NOTHING = Learned()


def decide(
    here: Situation, numbers: Settings, now: datetime, learned: Learned = NOTHING
) -> Decision:
    """The next act on the card of an unpaid invoice."""
    own = [t for t in here.tried if t.own]
    if len(own) > numbers.retries.most_in_all:
        return Decision("end", f"it was tried {len(own)} times: no more tries, whatever the card")
    if here.card and here.card != here.declined_card:
        return _at_once(here, numbers, now)
    kind = here.decline.kind
    if kind == "authentication":
        return Decision("confirm", f"{here.decline.says}: only they can")
    if kind == "ours":
        return Decision("look", f"{here.decline.says}: a colleague has to look at it")
    if kind != "soft":
        return Decision("ask", f"{here.decline.says}: not tried again, a new card is asked for")
    return _by_plan(here, own, numbers, now, learned)


def _at_once(here: Situation, numbers: Settings, now: datetime) -> Decision:
    asked = [t.at for t in here.tried if t.own and t.card == here.card]
    earliest, why = now, "a new card is there"
    if asked:
        earliest = max(now, max(asked) + timedelta(hours=numbers.retries.gap_hours))
        why = "the new card was tried, and no result has come"
    at = allowed_from(numbers.limits, here.network, _on_card(here), earliest)
    if at > earliest:
        return Decision("retry", f"{why}; the network allows a try from then on", at, True)
    return Decision("retry", why, at, True)


def _on_card(here: Situation) -> list[datetime]:
    return [t.at for t in here.tried if not t.card or not here.card or t.card == here.card]


def _by_plan(
    here: Situation, own: Sequence[Tried], numbers: Settings, now: datetime, learned: Learned
) -> Decision:
    plan = numbers.retries
    on_card = [t for t in own if not t.card or t.card == here.card]
    done = max(0, len(on_card) - 1)
    if done >= len(plan.days):
        return Decision("end", f"all {len(plan.days)} tries of the plan were made")
    first = min((t.at for t in on_card), default=here.opened_at)
    last = max((t.at for t in on_card), default=here.opened_at)
    earliest = max(
        now,
        first + timedelta(days=plan.days[done]) - timedelta(hours=12),
        last + timedelta(hours=max(plan.gap_hours, here.decline.wait_hours)),
    )
    earliest = allowed_from(numbers.limits, here.network, _on_card(here), earliest)
    at = best_moment(earliest, here, numbers, learned)
    end = here.opened_at + timedelta(days=plan.until_day)
    if at > end:
        return Decision("end", f"the next possible try lies after day {plan.until_day:g}")
    why = f"{here.decline.says}; try {done + 1} of {len(plan.days)} by the plan"
    if learned.attempts:
        rate = learned.promise(at.astimezone(ZoneInfo(here.zone)))
        why += f", at the hour that did best so far ({rate:.0%} went through)"
    return Decision("retry", why, at)


def best_moment(
    earliest: datetime, here: Situation, numbers: Settings, learned: Learned
) -> datetime:
    """The most promising hour from ``earliest`` on that the plan and the networks allow: its
    beginning, or ``earliest`` itself within the hour that has begun (a worker comes by seconds
    after the hour, or later).

    Looked for on the day itself and ``slack_days`` after; while nothing is learned, the first
    ``default_hour`` (or, if that has passed, the first hour of the day that is allowed).
    """
    zone, plan = ZoneInfo(here.zone), numbers.retries
    hour = earliest.replace(minute=0, second=0, microsecond=0)
    days = 1 + plan.slack_days if learned.attempts else 1
    found: list[datetime] = []
    seen: list[object] = []
    for step in range(24 * (days + 2)):
        moment = max(hour + timedelta(hours=step), earliest).astimezone(zone)
        if not plan.hours[0] <= moment.hour < plan.hours[1]:
            continue
        if moment.date() not in seen:
            seen.append(moment.date())
        if len(seen) > days:
            break
        found.append(moment)
    best = max(
        found,
        key=lambda m: (
            round(learned.promise(m), 6),
            -abs(m.hour - plan.default_hour),
            -m.timestamp(),
        ),
    )
    return best.astimezone(UTC)


def allowed_from(
    limits: Sequence[Limit], network: str, past: Sequence[datetime], earliest: datetime
) -> datetime:
    """The first moment from ``earliest`` on at which one more attempt breaks no limit.

    An unknown network is held to the rules of all of them. Attempts count whenever they were made.
    """
    binding = [x for x in limits if x.network == network]
    at = earliest
    for _ in range(len(past) + 1):
        moved = at
        for limit in binding or limits:
            span = timedelta(hours=limit.hours)
            inside = sorted(t for t in past if at - span < t <= at)
            if len(inside) >= limit.most:
                moved = max(moved, inside[-limit.most] + span)
        if moved == at:
            return at
        at = moved
    return at
