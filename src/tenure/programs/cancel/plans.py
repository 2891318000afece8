"""Plans next to each other: what is kept and what is lost by a change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.analytics.money import exponent


@dataclass(frozen=True)
class Plan:
    """A plan as the table ``plans`` tells it; prices in minor units per interval. ``features`` are
    read from its properties (``features = ["…", "…"]``)."""

    plan_id: str
    name: str = ""
    level: int = 0
    price_minor: int | None = None
    currency: str = ""
    interval: str = "month"
    seat_limit: int | None = None
    usage_limit: int | None = None
    usage_event: str = ""
    features: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What customers call it."""
        return self.name or self.plan_id


Part = str | tuple[str, int]
"""A feature's name, or a limit: ``("seats", 3)``, ``("usage", 1000)``."""


@dataclass(frozen=True)
class Change:
    """What a smaller plan leaves, and what it takes: a limit is kept up to it, lost beyond."""

    kept: tuple[Part, ...] = ()
    lost: tuple[Part, ...] = ()


def compare(now: Plan, lower: Plan) -> Change:
    """What is kept and lost from ``now`` to ``lower``.

    >>> big = Plan("pro", seat_limit=10, features=("Reports", "Sign-in by SSO"))
    >>> compare(big, Plan("basic", seat_limit=3, features=("Reports",)))
    Change(kept=('Reports', ('seats', 3)), lost=('Sign-in by SSO', ('seats', 3)))
    """
    kept: list[Part] = [f for f in now.features if f in lower.features]
    lost: list[Part] = [f for f in now.features if f not in lower.features]
    for what, before, after in (
        ("seats", now.seat_limit, lower.seat_limit),
        ("usage", now.usage_limit, lower.usage_limit),
    ):
        if after is not None:
            kept.append((what, after))
        if after is not None and (before is None or after < before):
            lost.append((what, after))
    return Change(tuple(kept), tuple(lost))


def neighbours(plans: Sequence[Plan], mine: Plan) -> tuple[Plan | None, Plan | None]:
    """The plans one step below and above, of the same currency and interval.

    >>> a, b, c = (Plan(x, level=n) for n, x in enumerate("abc", 1))
    >>> [p.plan_id for p in neighbours([c, a, b], b)]
    ['a', 'c']
    """
    alike = [
        p
        for p in plans
        if p.level and (p.currency, p.interval) == (mine.currency, mine.interval)
        and p.plan_id != mine.plan_id
    ]  # fmt: skip
    below = max((p for p in alike if p.level < mine.level), key=lambda p: p.level, default=None)
    above = min((p for p in alike if p.level > mine.level), key=lambda p: p.level, default=None)
    return (below, above) if mine.level else (None, None)


def price(plan: Plan, words: Mapping[str, str]) -> str:
    """``1,234.50 EUR a month``; empty where no price is known. ``words``: what month and year are
    called."""
    if plan.price_minor is None:
        return ""
    digits = exponent(plan.currency) if plan.currency else 2
    amount = f"{plan.price_minor / 10**digits:,.{digits}f} {plan.currency}".strip()
    return f"{amount} {words.get(plan.interval, plan.interval)}".strip()
