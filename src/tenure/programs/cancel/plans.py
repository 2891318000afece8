"""Plans next to each other: what is kept and what is lost by a change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenure.analytics.money import exponent


@dataclass(frozen=True)
class Plan:
    """A plan as the table ``plans`` tells it; prices in minor units per interval, which is
    ``months`` long (None: nobody knows). ``features`` are read from its properties
    (``features = ["…", "…"]``)."""

    plan_id: str
    name: str = ""
    level: int = 0
    price_minor: int | None = None
    currency: str = ""
    interval: str = "month"
    months: float | None = 1
    seat_limit: int | None = None
    usage_limit: int | None = None
    usage_event: str = ""
    features: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What customers call it."""
        return self.name or self.plan_id


_A_MONTH = {"month": 1.0, "year": 12.0, "week": 7 * 12 / 365, "day": 12 / 365}


def months_of(interval: str | None, every: str = "") -> float | None:
    """How many months a bill is for; ``every`` says it where the interval is none of ours.

    >>> months_of("year"), months_of(None, "3 month"), months_of(None), months_of("", "some time")
    (12.0, 3.0, None, None)
    """
    if interval:
        return _A_MONTH.get(interval)
    count, _, unit = every.partition(" ")
    return int(count) * _A_MONTH[unit] if count.isdecimal() and unit in _A_MONTH else None


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
        if p.level
        and (p.currency, p.months) == (mine.currency, mine.months)
        and p.plan_id != mine.plan_id
    ]
    below = max((p for p in alike if p.level < mine.level), key=lambda p: p.level, default=None)
    above = min((p for p in alike if p.level > mine.level), key=lambda p: p.level, default=None)
    return (below, above) if mine.level else (None, None)


def bills(mine: Plan, other: Plan, mrr_minor: int) -> tuple[int, ...]:
    """The bill for an interval now and on the ``other`` plan, in minor units; empty where it cannot
    be told. What is paid now says how many units there are and what is off; the list price of one
    unit is not the bill.

    >>> pro, basic = Plan("pro", price_minor=4900), Plan("basic", price_minor=1900)
    >>> bills(pro, basic, 49_000), bills(pro, basic, 3675), bills(pro, Plan("x"), 4900)
    ((49000, 19000), (3675, 1425), ())
    """
    if not mine.price_minor or other.price_minor is None or not mine.months or mrr_minor <= 0:
        return ()
    units = mrr_minor * mine.months / mine.price_minor
    whole = round(units)
    if whole and abs(units - whole) < _WHOLE * whole:
        units = whole  # a price by the year leaves crumbs by the month
    if other.seat_limit is not None and units > other.seat_limit:
        return ()
    return round(units * mine.price_minor), round(units * other.price_minor)


_WHOLE = 0.005


def price(plan: Plan, minor: int, words: Mapping[str, str]) -> str:
    """``1,234.50 EUR a month``. ``words``: what month and year are called.

    >>> price(Plan("pro", currency="EUR", interval="year"), 123_450, {"year": "a year"})
    '1,234.50 EUR a year'
    """
    digits = exponent(plan.currency) if plan.currency else 2
    amount = f"{minor / 10**digits:,.{digits}f} {plan.currency}".strip()
    return f"{amount} {words.get(plan.interval, '')}".strip()


def part_in_words(part: Part, words: Mapping[str, str], beyond: str) -> str:
    """A feature's name, or a limit in the customer's language."""
    return part if isinstance(part, str) else words[f"{part[0]}{beyond}"].format(n=part[1])
