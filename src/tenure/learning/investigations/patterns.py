"""The pattern of a month's losses, and whether earlier changes were followed by fewer. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tenure.analytics.validation.intervals import wilson
from tenure.learning.investigations.months import step
from tenure.learning.investigations.settings import ReviewRules

Json = dict[str, Any]


@dataclass(frozen=True)
class Loss:
    """An account that left in a month (its first day); ``cause`` is empty where none is told."""

    month: date
    account_id: str
    cause: str
    kind: str
    verdict: str
    mrr_minor: int
    currency: str
    plan_id: str = ""
    segments: tuple[str, ...] = ()
    confirmed: bool = False


def report(losses: Sequence[Loss], month: date, rules: ReviewRules) -> Json:
    """What there is to see in ``month``; ``losses`` reach at least three months back.

    ``lost`` is monthly revenue by currency; ``preventable`` the share of the losses whose verdict
    is not unclear, with its 95 % interval; ``repeated`` the causes that repeat by the rules.
    """
    here = [one for one in losses if one.month == month]
    judged = [one for one in here if one.verdict != "unclear"]
    hits = sum(one.verdict == "preventable" for one in judged)
    return {
        "losses": len(here),
        "before": sum(one.month == step(month, -1) for one in losses),
        "confirmed": sum(one.confirmed for one in here),
        "lost": _money(here),
        "preventable": {"hits": hits, "of": len(judged), **wilson(hits, len(judged)).to_dict()},
        "by_cause": _groups(here, lambda one: [one.cause]),
        "by_kind": _groups(here, lambda one: [one.kind]),
        "by_plan": _groups(here, lambda one: [one.plan_id]),
        "by_segment": _groups(here, lambda one: one.segments),
        "repeated": repeated(losses, month, rules),
    }


def repeated(losses: Iterable[Loss], month: date, rules: ReviewRules) -> list[Json]:
    """Causes with enough losses this month that were there in enough of the last three."""
    by: dict[str, Counter[date]] = defaultdict(Counter)
    for one in losses:
        if one.cause:
            by[one.cause][one.month] += 1
    last = [step(month, -n) for n in (2, 1, 0)]
    found = [
        {"cause": cause, "counts": [counts[m] for m in last]}
        for cause, counts in by.items()
        if counts[month] >= rules.repeated_losses
        and sum(counts[m] > 0 for m in last) >= rules.repeated_months
    ]
    return sorted(found, key=lambda r: (-r["counts"][-1], r["cause"]))


def _groups(losses: Sequence[Loss], keys: Callable[[Loss], Sequence[str]]) -> list[Json]:
    parts: dict[str, list[Loss]] = defaultdict(list)
    for one in losses:
        for key in keys(one):
            parts[key].append(one)
    ordered = sorted(parts.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        {
            "name": name,
            "losses": len(some),
            "lost": _money(some),
            "preventable": sum(one.verdict == "preventable" for one in some),
        }
        for name, some in ordered
    ]


def _money(losses: Iterable[Loss]) -> list[Json]:
    total: Counter[str] = Counter()
    for one in losses:
        total[one.currency] += one.mrr_minor
    return [{"currency": c, "mrr_minor": v} for c, v in sorted(total.items()) if v]


@dataclass(frozen=True)
class Followed:
    """Losses of a cause and customers at the start of each whole month before and after a change.

    It is what happened, not what the change did: anything else may have changed, too.
    """

    months: int
    before: int
    before_customers: int
    after: int
    after_customers: int

    @property
    def share_before(self) -> float | None:
        """Losses of the cause by customer and month."""
        return self.before / self.before_customers if self.before_customers else None

    @property
    def share_after(self) -> float | None:
        """The same, after."""
        return self.after / self.after_customers if self.after_customers else None


def followed(
    losses: Iterable[Loss],
    customers: Mapping[date, int],
    cause: str,
    ended_on: date,
    last_whole: date,
    rules: ReviewRules,
) -> Followed | None:
    """As many whole months on both sides of the month in which a change was done; None while not
    one has passed. ``customers`` are those at the start of each month.

    >>> from datetime import date
    >>> rules = ReviewRules(repeated_losses=1, repeated_months=1, compare_months=3, wait_days=0)
    >>> losses = [Loss(date(2026, m, 1), "a", "price", "", "", 0, "") for m in (1, 1, 3)]
    >>> customers = {date(2026, m, 1): 100 for m in range(1, 13)}
    >>> told = followed(losses, customers, "price", date(2026, 2, 9), date(2026, 3, 1), rules)
    >>> told.months, told.before, told.after, told.share_before
    (1, 2, 1, 0.02)
    """
    done = date(ended_on.year, ended_on.month, 1)
    passed = (last_whole.year - done.year) * 12 + last_whole.month - done.month
    span = min(passed, rules.compare_months)
    if span < 1:
        return None
    sides = {
        -1: [step(done, -n) for n in range(1, span + 1)],
        1: [step(done, n) for n in range(1, span + 1)],
    }
    of = [one.month for one in losses if one.cause == cause]
    count = {side: sum(m in months for m in of) for side, months in sides.items()}
    base = {side: sum(customers.get(m, 0) for m in months) for side, months in sides.items()}
    return Followed(span, count[-1], base[-1], count[1], base[1])
