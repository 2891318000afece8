"""How full each colleague is, and who gets the accounts that nobody has. Pure.

Accounts are placed one after the other, the most valuable first. Each goes to an owner of the
first rule that it fits, if one has room, else to a colleague of the role who has. Only when nobody
has room does it go to the least full of them, and the plan says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenure.work.portfolio.overdue_touches import Customer
from tenure.work.portfolio.spec import OWNER, Portfolio, Room

RULE, ROLE, FULL = "rule", "role", "full"


@dataclass(frozen=True)
class Load:
    """What a colleague looks after: accounts, and hours a month that these are owed."""

    mail: str
    room: Room
    accounts: int = 0
    hours: float = 0.0
    given: int = 0

    def fits(self, hours: float) -> bool:
        """Whether one more account that takes ``hours`` still has room."""
        return self.accounts + 1 <= self.room.accounts and self.hours + hours <= self.room.hours

    @property
    def share(self) -> float:
        """How full: the higher of accounts and hours against the room for them; 1 is full."""
        return max(_part(self.accounts, self.room.accounts), _part(self.hours, self.room.hours))

    @property
    def over(self) -> bool:
        """Whether there is more than there is room for."""
        return self.accounts > self.room.accounts or self.hours > self.room.hours


@dataclass(frozen=True)
class Given:
    """One account and who would get it. ``why``: rule, role, or full (nobody had room)."""

    account: Customer
    owner: str
    why: str
    hours: float


@dataclass(frozen=True)
class Plan:
    """Who would get what, and how full everybody would be. ``left``: nobody is there to have it."""

    given: tuple[Given, ...]
    loads: tuple[Load, ...]
    left: tuple[Customer, ...] = ()

    @property
    def digest(self) -> str:
        """What a person agreed to: the same plan has the same digest."""
        text = "\n".join(f"{g.account.id}\t{g.owner}" for g in self.given)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def loads(
    customers: Iterable[Customer], colleagues: Iterable[str], policy: Portfolio
) -> list[Load]:
    """How full each of ``colleagues`` (mail addresses) is, and whoever else owns an account."""
    found = {mail: Load(mail, policy.capacity.of(mail)) for mail in colleagues}
    for one in customers:
        if one.owner:
            load = found.get(one.owner) or Load(one.owner, policy.capacity.of(one.owner))
            found[one.owner] = _with(load, one, policy, given=False)
    return sorted(found.values(), key=lambda load: (-load.share, load.mail))


def plan(
    waiting: Iterable[Customer], current: Iterable[Load], pool: Sequence[str], policy: Portfolio
) -> Plan:
    """Who gets each of ``waiting``. ``pool``: addresses of the role. Rules may name others; whoever
    is not among the ``current`` loads gets nothing."""
    state = {load.mail: load for load in current}
    given: list[Given] = []
    left: list[Customer] = []
    for account in sorted(waiting, key=lambda c: (-c.value_minor, c.id)):
        hours = policy.hours_a_month(account.tier, OWNER)
        found = _choose(account, hours, state, pool, policy)
        if found is None:
            left.append(account)
            continue
        owner, why = found
        state[owner] = _with(state[owner], account, policy, given=True)
        given.append(Given(account, owner, why, hours))
    order = sorted(state.values(), key=lambda load: (-load.share, load.mail))
    return Plan(tuple(given), tuple(order), tuple(left))


def _choose(
    account: Customer,
    hours: float,
    state: dict[str, Load],
    pool: Sequence[str],
    policy: Portfolio,
) -> tuple[str, str] | None:
    for rule in policy.assignment.rules:
        if account.segments.issuperset(rule.segments):
            if owner := _roomy(rule.owners, hours, state, rule.choose):
                return owner, RULE
            break  # the first rule that fits counts; its owners are full
    if owner := _roomy(pool, hours, state, policy.assignment.choose):
        return owner, ROLE
    there = [state[mail] for mail in pool if mail in state]
    return (min(there, key=lambda load: (load.share, load.mail)).mail, FULL) if there else None


def _roomy(among: Iterable[str], hours: float, state: dict[str, Load], how: str) -> str | None:
    there = [state[mail] for mail in dict.fromkeys(among) if mail in state]
    roomy = [load for load in there if load.fits(hours)]
    if not roomy:
        return None
    if how == "round_robin":
        return min(roomy, key=lambda load: (load.given, load.mail)).mail
    return min(roomy, key=lambda load: (load.share, load.given, load.mail)).mail


def _with(load: Load, account: Customer, policy: Portfolio, *, given: bool) -> Load:
    return Load(
        load.mail,
        load.room,
        load.accounts + 1,
        load.hours + policy.hours_a_month(account.tier, OWNER),
        load.given + given,
    )


def _part(value: float, room: float) -> float:
    if room:
        return value / room
    return float("inf") if value else 1.0
