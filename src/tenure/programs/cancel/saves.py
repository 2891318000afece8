"""What the cancel flow achieved, and whether it lasted. Pure.

An accepted offer is no save while it is not known whether the customer stayed. So three numbers
stand side by side: offers accepted, visits left undecided, and those of both who went anyway.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from tenure.analytics.experiments.policy import ExperimentPolicy
from tenure.analytics.experiments.result import Question, Result, result
from tenure.analytics.experiments.sample import of_counts
from tenure.analytics.validation.intervals import Estimate, wilson
from tenure.programs.cancel.settings import Counting, Split

STAYED = ("saved", "kept", "abandoned")


@dataclass(frozen=True)
class Seen:
    """An ended visit. ``gone_at``: when, after the visit began, the subscription was cancelled or
    ended, whichever came first; ``paused``: the subscription is on pause now; ``pays_minor``: what
    it brings a month now (None: nobody knows)."""

    pk: int
    account_id: str
    outcome: str
    ended_at: datetime
    reason: str = ""
    offer: str = ""
    kind: str = ""
    until: datetime | None = None
    segments: tuple[str, ...] = ()
    plan_id: str = ""
    tenure_days: int | None = None
    arm: str = ""
    split: str = ""
    mrr_minor: int = 0
    currency: str = ""
    first_signal_at: datetime | None = None
    gone_at: datetime | None = None
    paused: bool = False
    pays_minor: int | None = None

    @property
    def worth_minor(self) -> int:
        """What is paid a month of what was at risk: nothing on pause, less on a smaller plan."""
        if self.paused:
            return 0
        return self.mrr_minor if self.pays_minor is None else min(self.mrr_minor, self.pays_minor)

    def gone_within(self, days: int) -> bool:
        """Whether they went within so many days after the visit."""
        return self.gone_at is not None and self.gone_at <= self.ended_at + timedelta(days=days)

    def gone(self, now: datetime) -> bool:
        """Whether they have gone by ``now``."""
        return self.gone_at is not None and self.gone_at <= now


@dataclass(frozen=True)
class Group:
    """A part of the visits: ``rate`` is the share that ended with an offer taken."""

    key: str
    visits: int
    saved: int
    cancelled: int
    gone_later: int
    rate: Estimate


@dataclass(frozen=True)
class Lasted:
    """Of ``saves`` at least ``days`` old, those still there that many days after."""

    days: int
    saves: int
    there: int
    share: Estimate


@dataclass(frozen=True)
class Figures:
    """All of it. ``rate`` and the groups leave the control arm out: nothing is offered there.
    ``mrr_kept`` is what saves still there pay a month, of what was at risk, by currency."""

    visits: int
    saved: int
    kept: int
    abandoned: int
    cancelled: int
    saved_gone: int
    undecided_gone: int
    rate: Estimate
    lasted: tuple[Lasted, ...]
    mrr_kept: Mapping[str, int]
    groups: Mapping[str, tuple[Group, ...]]
    pauses_over: int
    pauses_back: int
    returned: Estimate
    signal_days: float | None
    signalled: int
    unsignalled: int


def figures(rows: Sequence[Seen], control: str, counting: Counting, now: datetime) -> Figures:
    """The figures of ended visits, as of ``now``."""
    count = Counter(r.outcome for r in rows)
    offered = [r for r in rows if r.arm != control]
    saves = [r for r in rows if r.outcome == "saved"]
    undecided = [r for r in rows if r.outcome in ("kept", "abandoned")]
    over, back = pauses(saves, counting, now)
    days = [
        (r.ended_at - r.first_signal_at) / timedelta(days=1)
        for r in rows
        if r.outcome == "cancelled" and r.first_signal_at is not None
    ]
    return Figures(
        len(rows),
        count["saved"],
        count["kept"],
        count["abandoned"],
        count["cancelled"],
        sum(r.gone(now) for r in saves),
        sum(r.gone(now) for r in undecided),
        wilson(sum(r.outcome == "saved" for r in offered), len(offered)),
        tuple(_lasted(saves, n, now) for n in counting.lasting_days),
        _kept(saves, now),
        _groups(offered, counting, now),
        over,
        back,
        wilson(back, over),
        median(days) if days else None,
        len(days),
        count["cancelled"] - len(days),
    )


def _lasted(saves: Sequence[Seen], days: int, now: datetime) -> Lasted:
    old = [r for r in saves if now - r.ended_at >= timedelta(days=days)]
    there = sum(not r.gone_within(days) for r in old)
    return Lasted(days, len(old), there, wilson(there, len(old)))


def _kept(saves: Iterable[Seen], now: datetime) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in saves:
        if not row.gone(now):
            found[row.currency] += row.worth_minor
    return dict(found)


def pauses(saves: Iterable[Seen], counting: Counting, now: datetime) -> tuple[int, int]:
    """Pauses that are over for long enough to tell, and those of them that run again: not ended by
    then, and on pause no more."""
    within = timedelta(days=counting.pause_back_days)
    over = [r for r in saves if r.until is not None and r.until + within <= now]
    back = [
        r
        for r in over
        if r.until and not r.paused and not (r.gone_at and r.gone_at <= r.until + within)
    ]
    return len(over), len(back)


KEYS: dict[str, Callable[[Seen, Counting], Iterable[str]]] = {
    "reason": lambda r, _: [r.reason or "not said"],
    "offer": lambda r, _: [r.offer] if r.offer else [],
    "segment": lambda r, _: r.segments or ("none",),
    "plan": lambda r, _: [r.plan_id or "unknown"],
    "tenure": lambda r, counting: [counting.tenure(r.tenure_days)],
}
"""By what the visits are told apart; an account may be in several segments."""


def _groups(
    rows: Sequence[Seen], counting: Counting, now: datetime
) -> dict[str, tuple[Group, ...]]:
    found = {}
    for name, keys in KEYS.items():
        parts: dict[str, list[Seen]] = defaultdict(list)
        for row in rows:
            for key in keys(row, counting):
                parts[key].append(row)
        told = [_group(key, part, now) for key, part in parts.items()]
        found[name] = tuple(sorted(told, key=lambda g: (-g.visits, g.key)))
    return found


def _group(key: str, rows: Sequence[Seen], now: datetime) -> Group:
    saved = sum(r.outcome == "saved" for r in rows)
    left = sum(r.outcome == "cancelled" for r in rows)
    gone = sum(r.outcome in STAYED and r.gone(now) for r in rows)
    return Group(key, len(rows), saved, left, gone, wilson(saved, len(rows)))


def first_visits(rows: Iterable[Seen], split: str) -> list[Seen]:
    """The first visit of every account in this split: an account is one unit, however often it
    comes."""
    found: dict[str, Seen] = {}
    for row in sorted(rows, key=lambda r: (r.ended_at, r.pk)):
        if row.split == split:
            found.setdefault(row.account_id, row)
    return list(found.values())


def split_test(
    rows: Iterable[Seen],
    split: Split,
    counting: Counting,
    policy: ExperimentPolicy,
    now: datetime,
) -> list[Result]:
    """For each arm: did its accounts stay more often than those who were offered nothing, some
    days on? Empty without a control, or while an arm has nobody to judge.

    Counted are the first visits of accounts that ended ``judged_days`` ago or earlier, whatever
    they ended in: whoever took an offer chose to, and is no fair comparison.
    """
    control, arms, days = split.control, split.arms, counting.judged_days
    judged = [
        r
        for r in first_visits(rows, split.name)
        if now - r.ended_at >= timedelta(days=days) and r.arm in arms
    ]
    count = Counter(r.arm for r in judged)
    stayed = Counter(r.arm for r in judged if r.outcome != "cancelled" and not r.gone_within(days))
    if control not in arms or not judged:
        return []
    samples = {name: of_counts(stayed[name], count[name]) for name in arms}
    return [
        result(samples, Question("customers who stayed", control, name, arms), policy)
        for name in arms
        if name != control
    ]
