"""Who is owed which touch, since when, and who would be surprised at renewal. Pure.

A promise falls due ``every_days`` after the last touch of that kind that was held, or after the day
the account became a customer; an account of which neither is known is owed it now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenure.work.portfolio.spec import OWNER, Portfolio, Promise


@dataclass(frozen=True)
class Customer:
    """An account that pays, as far as the portfolio needs it. ``value_minor`` is yearly."""

    id: str
    name: str = ""
    tier: str = ""
    owner: str = ""
    value_minor: int = 0
    currency: str = ""
    since: datetime | None = None
    renews_at: datetime | None = None
    stage: str = ""
    risk_level: str = ""
    segments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Contact:
    """Something a colleague did with a customer (table ``interactions``)."""

    account_id: str
    kind: str
    at: datetime
    outcome: str = ""
    by: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class Due:
    """A promise to an account: when it was last kept, and when it falls (or fell) due."""

    touch: str
    title: str
    by: str
    every_days: int
    last_at: datetime | None
    due_at: datetime | None
    late: bool

    def late_days(self, now: datetime) -> int:
        """Whole days since it fell due; 0 before."""
        return max((now - self.due_at).days, 0) if self.due_at else 0


@dataclass(frozen=True)
class TouchStatus:
    """What an account is owed, and whether its renewal would come as a surprise."""

    customer: Customer
    dues: tuple[Due, ...]
    last_at: datetime | None
    surprised: bool
    late: tuple[Due, ...] = field(default=())

    @property
    def untouched(self) -> bool:
        """Whether no touch was ever held."""
        return self.last_at is None


def standings(
    customers: Iterable[Customer], contacts: Iterable[Contact], policy: Portfolio, now: datetime
) -> list[TouchStatus]:
    """The standing of every customer whose tier is owed something, in the order given.

    Only contacts before ``now`` that were held count.
    """
    held: dict[str, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.at < now and is_touch(contact, policy):
            held[contact.account_id].append(contact)
    return [
        _standing(one, held.get(one.id, []), policy, now)
        for one in customers
        if one.tier in policy.tiers and policy.tiers[one.tier].owed
    ]


def is_touch(contact: Contact, policy: Portfolio) -> bool:
    """Whether a contact was held, and was the team's doing."""
    return contact.outcome not in policy.not_held and contact.kind not in policy.own_doing


def _standing(
    customer: Customer, held: Sequence[Contact], policy: Portfolio, now: datetime
) -> TouchStatus:
    dues = tuple(
        _due(customer, promise, held, policy, now) for promise in policy.tiers[customer.tier].owed
    )
    last = max((c.at for c in held), default=None)
    late = tuple(due for due in dues if due.late)
    return TouchStatus(customer, dues, last, _surprised(customer, dues, last, policy, now), late)


def _due(
    customer: Customer, promise: Promise, held: Sequence[Contact], policy: Portfolio, now: datetime
) -> Due:
    touch = policy.touches[promise.touch]
    last = max((c.at for c in held if c.kind in touch.kinds), default=None)
    start = last or customer.since
    due_at = start + timedelta(days=promise.every_days) if start else None
    late = due_at is None or due_at <= now
    return Due(promise.touch, touch.title, promise.by, promise.every_days, last, due_at, late)


def _surprised(
    customer: Customer,
    dues: Sequence[Due],
    last: datetime | None,
    policy: Portfolio,
    now: datetime,
) -> bool:
    """The renewal is near, nobody talked to them lately, and no touch falls due before it."""
    renewal, rule = customer.renews_at, policy.surprise
    if renewal is None or not now < renewal <= now + timedelta(days=rule.renewal_within_days):
        return False
    if last is not None and now - last <= timedelta(days=rule.talked_within_days):
        return False
    return not any(not due.late and due.due_at and due.due_at <= renewal for due in dues)


def order(standing: TouchStatus, now: datetime) -> tuple[bool, int, int, str]:
    """Sorts what is most pressing first: surprises, then by value, then by how late it is."""
    most = max((due.late_days(now) for due in standing.late), default=0)
    return (not standing.surprised, -standing.customer.value_minor, -most, standing.customer.id)


def task_role(due: Due) -> str:
    """The role a task for this touch goes to; empty for the account's owner."""
    return "" if due.by == OWNER else due.by


def by_tier(found: Iterable[TouchStatus]) -> Mapping[str, list[TouchStatus]]:
    """The standings of each tier."""
    groups: dict[str, list[TouchStatus]] = defaultdict(list)
    for one in found:
        groups[one.customer.tier].append(one)
    return groups
