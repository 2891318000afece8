"""What pages, the command and the API ask of the portfolio. Everything here only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from tenure.accounts.models import Account
from tenure.work.portfolio import assigning, context, cost, overdue_touches, policy
from tenure.work.portfolio.assigning import Load, Plan
from tenure.work.portfolio.cost import TierCost, TimeSplit
from tenure.work.portfolio.overdue_touches import Contact, Customer, Due, TouchStatus
from tenure.work.portfolio.spec import Portfolio
from tenure.work.tasks.models import OPEN, SNOOZED, Task

SOURCE = "portfolio"
"""Source of the tasks for owed touches."""


@dataclass(frozen=True)
class View:
    """The portfolio as it is known at ``now``; each part is worked out when first asked for."""

    now: datetime
    policy: Portfolio
    customers: list[Customer]
    contacts: list[Contact]

    @cached_property
    def standings(self) -> list[TouchStatus]:
        """What every account with promises is owed, the most pressing first."""
        found = overdue_touches.standings(self.customers, self.contacts, self.policy, self.now)
        return sorted(found, key=lambda s: overdue_touches.order(s, self.now))

    @cached_property
    def late(self) -> list[tuple[TouchStatus, Due]]:
        """Every touch that is owed now."""
        return [(standing, due) for standing in self.standings for due in standing.late]

    @cached_property
    def loads(self) -> list[Load]:
        """How full the colleagues of the role are, and whoever else owns accounts."""
        pool = context.mails_of(self.policy.assignment.role)
        return assigning.loads(self.customers, pool, self.policy)

    @cached_property
    def costs(self) -> list[TierCost]:
        """Cost to serve tier by tier."""
        return cost.cost_to_serve(self.customers, self.contacts, self.policy, self.now)

    @cached_property
    def split(self) -> TimeSplit:
        """Where the time of the last days went."""
        return cost.time_split(self.customers, self.contacts, self.policy, self.now)

    @cached_property
    def waiting(self) -> list[Customer]:
        """Accounts of the tiers that need an owner, and have none."""
        return unowned(self.customers, self.policy)

    @cached_property
    def plan(self) -> Plan:
        """Who would get them."""
        return plan_of(self.customers, self.policy)

    @cached_property
    def spent(self) -> Mapping[str, float]:
        """Hours each colleague's contacts of the last days took (see policy ``split``), by mail."""
        start = self.now - timedelta(days=self.policy.split.days)
        hours: dict[str, float] = defaultdict(float)
        for c in self.contacts:
            if start <= c.at < self.now and c.by and c.kind not in self.policy.own_doing:
                hours[c.by] += self.policy.hours_of(c.kind, c.minutes)
        return hours

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, int]]:
        """Yearly value that each owner looks after, by currency: nothing is converted."""
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for one in self.customers:
            sums[one.owner][one.currency] += one.value_minor
        return sums


def view(now: datetime) -> View:
    """The whole portfolio."""
    return View(now, policy.current(), context.customers(), context.contacts(now))


def unowned(customers: Iterable[Customer], numbers: Portfolio) -> list[Customer]:
    """Accounts that have nobody, of the tiers that need somebody."""
    return [c for c in customers if not c.owner and c.tier in numbers.assignment.tiers]


def plan_of(customers: list[Customer], numbers: Portfolio) -> Plan:
    """Who would get the accounts without an owner. Only active colleagues get any."""
    pool, active = context.mails_of(numbers.assignment.role), set(context.active_mails())
    named = [m for rule in numbers.assignment.rules for m in rule.owners if m in active]
    loads = assigning.loads(customers, dict.fromkeys([*pool, *named]), numbers)
    there = [load for load in loads if load.mail in active]
    return assigning.plan(unowned(customers, numbers), there, pool, numbers)


def one(account: Account, now: datetime) -> TouchStatus | None:
    """What one account is owed; None if its tier is owed nothing."""
    found = overdue_touches.standings(
        context.customers([account.pk]), context.contacts(now, account.pk), policy.current(), now
    )
    return found[0] if found else None


def task_key(account_id: str, touch: str) -> str:
    """The key of the task for an owed touch: there is one at a time."""
    return f"{SOURCE}:{touch}:{account_id}"[:200]


def open_keys() -> set[str]:
    """Keys of the open tasks for owed touches."""
    rows = Task.objects.filter(source=SOURCE, state__in=[OPEN, SNOOZED])
    return set(rows.values_list("key", flat=True))


def as_json(found: View) -> dict[str, Any]:
    """The whole view for other programs."""
    return {
        "at": found.now,
        "load": [load_told(found, load) for load in found.loads],
        "owed": [owed_told(found, s, due) for s, due in found.late],
        "surprised": [s.customer.id for s in found.standings if s.surprised],
        "without_owner": [c.id for c in found.waiting],
        "tiers": [tier_told(t) for t in found.costs],
        "split": asdict(found.split),
    }


def load_told(found: View, load: Load) -> dict[str, Any]:
    """A colleague's load."""
    return {
        "owner": load.mail,
        "accounts": load.accounts,
        "hours": round(load.hours, 2),
        "capacity_accounts": load.room.accounts,
        "capacity_hours": load.room.hours,
        "share": min(load.share, 99.0),
        "over": load.over,
        "hours_spent": round(found.spent.get(load.mail, 0.0), 2),
        "yearly_value_minor": dict(found.values.get(load.mail, {})),
    }


def owed_told(found: View, standing: TouchStatus, due: Due) -> dict[str, Any]:
    """An owed touch."""
    return {
        "account_id": standing.customer.id,
        "tier": standing.customer.tier,
        "owner": standing.customer.owner,
        "touch": due.touch,
        "by": due.by,
        "last_at": due.last_at,
        "due_at": due.due_at,
        "late_days": due.late_days(found.now),
        "renews_at": standing.customer.renews_at,
        "surprised": standing.surprised,
    }


def tier_told(tier: TierCost) -> dict[str, Any]:
    """A tier's cost to serve."""
    more = {"ratio": tier.ratio, "planned_ratio": tier.planned_ratio}
    return {**asdict(tier), "hours": round(tier.hours, 2), **more}


def plan_told(plan: Plan) -> dict[str, Any]:
    """Who would get what."""
    return {
        "digest": plan.digest,
        "given": [{"account_id": g.account.id, "owner": g.owner, "why": g.why} for g in plan.given],
        "left": [c.id for c in plan.left],
    }
