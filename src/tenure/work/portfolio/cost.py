"""Cost to serve against what accounts are worth, tier by tier; and how time is divided. Pure.

Cost is hours times what an hour costs, in the currency of the accounts it is held against: nothing
is converted. Base hours count for the part of the period in which an account was a customer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure.work.portfolio.overdue_touches import Contact, Customer
from tenure.work.portfolio.spec import MONTH_DAYS, Portfolio

AT_RISK, ADVOCATES, OTHER = "at_risk", "advocates", "other"
YEAR_MONTHS = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class TierCost:
    """A tier in one currency. Money in minor units; ``planned``: if all that is owed were held."""

    tier: str
    currency: str
    accounts: int
    value_minor: int
    contacts: int
    hours: float
    cost_minor: int | None
    planned_minor: int | None

    @property
    def ratio(self) -> float | None:
        """Cost as a share of the yearly value; None when either is not known."""
        return _ratio(self.cost_minor, self.value_minor)

    @property
    def planned_ratio(self) -> float | None:
        """Planned cost as a share of the yearly value."""
        return _ratio(self.planned_minor, self.value_minor)


def cost_to_serve(
    customers: Iterable[Customer], contacts: Iterable[Contact], policy: Portfolio, now: datetime
) -> list[TierCost]:
    """Each tier's cost over the period of policy, as a year's, in the order of its tiers."""
    known = {c.id: c for c in customers}
    start = now - timedelta(days=policy.cost.days)
    hours: dict[tuple[str, str], float] = defaultdict(float)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for contact in contacts:
        one = known.get(contact.account_id)
        if one and start <= contact.at < now and contact.kind not in policy.own_doing:
            key = (one.tier, one.currency)
            hours[key] += policy.hours_of(contact.kind, contact.minutes)
            counts[key] += 1
    groups: dict[tuple[str, str], list[Customer]] = defaultdict(list)
    for one in known.values():
        groups[one.tier, one.currency].append(one)
        hours[one.tier, one.currency] += _base(one, policy, start, now)
    return [
        _tier_cost(key, groups[key], counts[key], hours[key], policy)
        for key in sorted(groups, key=lambda k: _place(k, policy))
    ]


def _base(one: Customer, policy: Portfolio, start: datetime, now: datetime) -> float:
    tier = policy.tiers.get(one.tier)
    if tier is None:
        return 0.0
    since = max(one.since or start, start)
    return tier.base_hours * max((now - since) / _DAY, 0.0) / MONTH_DAYS


def _place(key: tuple[str, str], policy: Portfolio) -> tuple[int, str, str]:
    tier, currency = key
    names = list(policy.tiers)
    return (names.index(tier) if tier in names else len(names), tier, currency)


def _tier_cost(
    key: tuple[str, str], members: list[Customer], contacts: int, hours: float, policy: Portfolio
) -> TierCost:
    tier, currency = key
    yearly = hours * 365 / policy.cost.days
    planned = policy.hours_a_month(tier) * YEAR_MONTHS * len(members)
    rate = policy.cost.hour_minor.get(currency)
    return TierCost(
        tier,
        currency,
        len(members),
        sum(c.value_minor for c in members),
        contacts,
        yearly,
        _cost(yearly, rate),
        _cost(planned, rate),
    )


def _cost(hours: float, rate: int | None) -> int | None:
    return None if rate is None else round(hours * rate)


def _ratio(cost: int | None, value: int) -> float | None:
    return None if cost is None or value <= 0 else cost / value


@dataclass(frozen=True)
class TimeSplit:
    """Hours by whom they went to; shares are of the two that the target speaks of."""

    days: int
    hours: Mapping[str, float]
    at_risk: float | None
    advocates: float | None
    target: float
    off: bool


def time_split(
    customers: Iterable[Customer], contacts: Iterable[Contact], policy: Portfolio, now: datetime
) -> TimeSplit:
    """Where the time of the last days went. Accounts count as what they are now."""
    rule = policy.split
    groups = {c.id: group_of(c, policy) for c in customers}
    start, hours = now - timedelta(days=rule.days), dict.fromkeys((AT_RISK, ADVOCATES, OTHER), 0.0)
    for contact in contacts:
        if start <= contact.at < now and contact.kind not in policy.own_doing:
            group = groups.get(contact.account_id, OTHER)
            hours[group] += policy.hours_of(contact.kind, contact.minutes)
    both = hours[AT_RISK] + hours[ADVOCATES]
    risk = hours[AT_RISK] / both if both else None
    off = risk is not None and abs(risk - rule.at_risk) > rule.tolerance
    rest = None if risk is None else 1 - risk
    return TimeSplit(rule.days, hours, risk, rest, rule.at_risk, off)


def group_of(customer: Customer, policy: Portfolio) -> str:
    """Whether an account counts as at risk, as an advocate, or as neither; risk goes first."""
    rule = policy.split
    if customer.risk_level in rule.risk_levels or customer.stage in rule.risk_stages:
        return AT_RISK
    return ADVOCATES if customer.stage in rule.advocate_stages else OTHER
