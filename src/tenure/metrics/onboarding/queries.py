"""Onboarding asked of the workspace; every answer is as known at ``now``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.errors import SpecError
from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.onboarding.beginnings import TABLES, statement
from tenure.analytics.onboarding.measuring import HOUR_US, Beginnings, Onboarding, measure
from tenure.analytics.onboarding.policy import OnboardingPolicy
from tenure.analytics.segments import Rule, evaluate
from tenure.core import policy
from tenure.facts import lake
from tenure.facts.reading import as_known
from tenure.metrics.revenue import scope
from tenure.metrics.revenue.policy import ONBOARDING
from tenure.metrics.revenue.queries import SPLITS, groups, told_lives

TIER, MONTHS = "tier", 12
BYS = (TIER, *SPLITS)
"""What the figures can be split by."""


def onboarding_policy() -> OnboardingPolicy:
    """``onboarding`` in force."""
    loaded: OnboardingPolicy = policy.load(ONBOARDING)
    return loaded


def known() -> bool:
    """Whether there are accounts and events at all, and features if first value asks for one."""
    asks = onboarding_policy().value.feature is not None
    here = lake.current()
    needed = TABLES if asks else TABLES[:2]
    return all(here.exists(t) and here.rows(t) > 0 for t in needed)


def beginnings(
    since: datetime, until: datetime, now: datetime, days: int | None = None
) -> Beginnings:
    """What every account did that began from ``since`` to before ``until``, in its first ``days``
    (by default as long as it takes to decide everything)."""
    numbers = onboarding_policy()
    views, sql = statement(numbers, micros(since), micros(until), days)
    rows = as_known(sql, now, *TABLES, parts=views, since=since.date())
    listed = list(numbers.doings())
    return Beginnings.of(_table(rows, len(listed)), numbers)


def _table(rows: Sequence[dict[str, object]], doings: int) -> pa.Table:
    moment = pa.int64()
    schema = pa.schema(
        [
            ("account_id", pa.string()),
            ("begun", moment),
            *((f"at_{i}", moment) for i in range(doings)),
            ("day_one", pa.bool_()),
            ("kept", pa.bool_()),
            ("actions", moment),
        ]
    )
    return pa.Table.from_pylist(list(rows), schema=schema)


@dataclass(frozen=True)
class Part:
    """A group of the split, and what is told of it."""

    group: str
    title: str
    told: Onboarding


@dataclass(frozen=True)
class OnboardingReport:
    """Accounts that began from ``since`` to before ``until``, by which all is decided."""

    since: datetime
    until: datetime
    whole: Onboarding
    by: str
    parts: Sequence[Part]


def report(now: datetime, *, of: scope.Scope = scope.Scope(), by: str = TIER) -> OnboardingReport:  # noqa: B008
    """Everything, of the accounts in ``of``, and once more by group; SpecError for a split that
    there is not."""
    if by not in BYS:
        raise SpecError("onboarding", "by", f"cannot be '{by}'", f"use one of {', '.join(BYS)}")
    numbers = onboarding_policy()
    since, until = _span(numbers, now)
    found = _only(beginnings(since, until, now), scope.members(of, now))
    spans = numbers.value_time.by_segment
    aim = spans.get(of.name) if of.kind == scope.SEGMENT else None
    parts = []
    for group, title, members in _groups(by, now):
        some = _only(found, members)
        if len(some):
            span = spans.get(group) if by == TIER else aim
            parts.append(Part(group, title, measure(some, numbers, span)))
    return OnboardingReport(since, until, measure(found, numbers, aim), by, parts)


def declared_flow(now: datetime) -> Onboarding | None:
    """What is told of all accounts, if steps of a flow are declared."""
    numbers = onboarding_policy()
    if not numbers.flow.steps:
        return None
    return measure(beginnings(*_span(numbers, now), now), numbers)


def _span(numbers: OnboardingPolicy, now: datetime) -> tuple[datetime, datetime]:
    """Between which moments accounts began for whom everything is decided."""
    until = now - timedelta(days=numbers.decided_days)
    return until - timedelta(days=numbers.look_back_days), until


def _only(found: Beginnings, members: Collection[str] | None) -> Beginnings:
    if members is None:
        return found
    return found.take(np.array([a in members for a in found.account], dtype=bool))


def _groups(by: str, now: datetime) -> list[tuple[str, str, Collection[str]]]:
    from tenure.accounts import segments

    if by == TIER:
        specs = segments.packaged()
        paid = _last_paid(now)
        return [
            (name, specs[name].title, _in_tier(name, specs[name].rule, paid, now))
            for name in segments.tiers()
        ]
    named: dict[str, set[str]] = {}
    for account, group in (groups(by, now) or {}).items():
        named.setdefault(group, set()).add(account)
    return [(name, name, members) for name, members in sorted(named.items())]


def _last_paid(now: datetime) -> pa.Table:
    """What each account pays a year, or last paid before it left: were it told by what is paid now,
    all who left would stand in the lowest tier, and make it look bad."""
    lives = told_lives(now)
    yearly = pc.multiply(lives["mrr_minor"], MONTHS)
    return lives.select(["account_id", "currency"]).append_column("arr_minor", yearly)


def _in_tier(name: str, rule: Rule, paid: pa.Table, now: datetime) -> Collection[str]:
    """Accounts of a tier; one whose rule asks for more than the value is as it stands now."""
    if set(rule.fields()) != {"yearly_value"}:
        return scope.members(scope.Scope(scope.SEGMENT, name), now) or set()
    return set(paid["account_id"].filter(pa.array(evaluate(rule, paid))).to_pylist())


@dataclass(frozen=True)
class Late:
    """An account in its first days that has not reached first value in the time aimed at: the next
    milestone it lacks, and by how much it is late (hours)."""

    account_id: str
    begun: datetime
    missing: str
    hours_late: float


@dataclass(frozen=True)
class UnderWay:
    """Accounts that began within the window: how many, how many with first value, who is late."""

    accounts: int
    valued: int
    late: Sequence[Late]


def under_way(now: datetime, of: scope.Scope = scope.Scope()) -> UnderWay:  # noqa: B008
    """Who is in the first days now, the latest first by how late they are."""
    numbers, at = onboarding_policy(), micros(now)
    since = now - timedelta(days=numbers.window_days)
    found = _only(beginnings(since, now, now), scope.members(of, now))
    missing = np.isnan(found.at[numbers.first_value])
    target = numbers.value.within or numbers.value_time.within
    over = (at - found.begun - target.micros) / HOUR_US
    rows = np.flatnonzero(missing & (over > 0))
    shown = [m for m in numbers.milestones if m.key == numbers.first_value or found.seen(m.key)]
    late = [
        Late(
            found.account[i],
            now - timedelta(microseconds=at - found.begun[i]),
            next(m.title for m in shown if np.isnan(found.at[m.key][i])),
            round(float(over[i]), 1),
        )
        for i in rows[np.argsort(-over[rows], kind="stable")]
    ]
    return UnderWay(len(found), int((~missing).sum()), late)


@dataclass(frozen=True)
class First:
    """When an account began and reached first value (microseconds; None: not yet), and how many
    different things its people had done by then."""

    account_id: str
    begun: int
    reached: int | None
    actions: int


def firsts(since: datetime, now: datetime) -> Sequence[First]:
    """First value of every account that began from ``since`` on, however long it took."""
    found = beginnings(since, now, now, (now - since).days + 1)
    at = found.at[onboarding_policy().first_value]
    return [
        First(account, int(begun), None if np.isnan(a) else int(a), int(n))
        for account, begun, a, n in zip(found.account, found.begun, at, found.actions, strict=True)
    ]


def activated(found: Beginnings, now: datetime) -> tuple[int, int]:
    """How many of the accounts that are old enough to tell were activated, and how many there are
    of these."""
    numbers = onboarding_policy()
    group = numbers.activation
    within = group.within.micros if group.within else numbers.window_days * DAY_US
    old = found.take(found.begun + within <= micros(now))
    rows = np.logical_and.reduce([old.within(key, within) for key in group.milestones])
    return int(rows.sum()), len(old)
