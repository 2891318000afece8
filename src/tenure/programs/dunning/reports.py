"""How well dunning works: what was recovered, after which try, after which mail. Only reads.

Only closed cases count, and voided ones do not: one that is open has not been lost. No hold-out is
kept, so payments that would have come anyway are among the recovered ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Sum

from tenure.analytics.validation.intervals import Estimate, wilson
from tenure.health import policy as health
from tenure.health import validation_inputs
from tenure.programs.dunning import ledger
from tenure.programs.dunning.models import ALIVE, RECOVERED, VOID, Case, Step


@dataclass(frozen=True)
class Stake:
    """Unpaid invoices in a state: how many, and how much in one currency."""

    state: str
    currency: str
    cases: int
    amount_minor: int


@dataclass(frozen=True)
class Part:
    """``hits`` of ``cases``; ``name`` is what they have in common."""

    name: str
    cases: int
    hits: int

    @property
    def share(self) -> Estimate:
        """The share with its 95 % interval."""
        return wilson(self.hits, self.cases)


@dataclass(frozen=True)
class Report:
    """``recovered`` overall, by kind of decline, by try (of the cases that came to a second, third
    … try, how many that one brought home), by mail (of those written to, how many paid before the
    next mail); ``involuntary`` share of churn; money recovered, by currency."""

    since: datetime
    recovered: Part
    by_kind: list[Part]
    by_try: list[Part]
    by_mail: list[Part]
    involuntary: Part | None
    money: list[Stake]


def at_stake() -> list[Stake]:
    """Open cases by state and currency."""
    rows = (
        Case.objects.filter(state__in=ALIVE)
        .order_by("state", "currency")
        .values("state", "currency")
        .annotate(cases=Count("pk"), amount=Sum("amount_minor"))
    )
    return [Stake(r["state"], r["currency"], r["cases"], r["amount"] or 0) for r in rows]


def report(now: datetime, days: int) -> Report:
    """Of cases opened in the last ``days``."""
    since = now - timedelta(days=days)
    closed = list(
        Case.objects.filter(opened_at__gte=since, opened_at__lt=now)
        .exclude(closed_at=None)
        .exclude(state=VOID)
    )
    won = [c for c in closed if c.state == RECOVERED]
    kinds = sorted({c.kind for c in closed})
    return Report(
        since,
        _part("all", closed),
        [_part(kind, [c for c in closed if c.kind == kind]) for kind in kinds],
        _by_try(closed, now),
        _by_mail(closed),
        _involuntary(now, since),
        _money(won),
    )


def _part(name: str, cases: Sequence[Case]) -> Part:
    return Part(name, len(cases), sum(c.state == RECOVERED for c in cases))


def _by_try(closed: Sequence[Case], now: datetime) -> list[Part]:
    """The first try is the one that failed and opened the case."""
    made: Counter[int] = Counter()
    brought: Counter[int] = Counter()
    for invoice in ledger.invoices([c.invoice_id for c in closed], now):
        for number, attempt in enumerate(invoice.attempts, 1):
            made[number] += 1
            if attempt.succeeded:
                brought[number] += 1
                break
    return [Part(str(n), made[n], brought[n]) for n in sorted(made) if n > 1]


def _by_mail(closed: Sequence[Case]) -> list[Part]:
    sent: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    steps = Step.objects.filter(case__in=[c.pk for c in closed], what__startswith="mail:")
    for pk, at, what in steps.values_list("case_id", "at", "what"):
        sent[pk].append((at, what.removeprefix("mail:")))
    wrote: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for case in closed:
        mails = sorted(sent.get(case.pk, []))
        wrote.update(name for at, name in mails if case.closed_at and at < case.closed_at)
        before = [name for at, name in mails if case.closed_at and at < case.closed_at]
        if case.state == RECOVERED and before:
            paid[before[-1]] += 1
    return [Part(name, wrote[name], paid[name]) for name in _in_order(wrote, sent)]


def _in_order(
    names: Iterable[str], sent: Mapping[int, Sequence[tuple[datetime, str]]]
) -> list[str]:
    """Mails in the order in which they are usually sent."""
    places: dict[str, list[int]] = defaultdict(list)
    for mails in sent.values():
        for place, (_, name) in enumerate(sorted(mails)):
            places[name].append(place)
    return sorted(names, key=lambda n: (sum(places[n]) / len(places[n]), n))


def _involuntary(now: datetime, since: datetime) -> Part | None:
    if not validation_inputs.has_subscriptions():
        return None
    lost = validation_inputs.churn(now, health.churn_policy()).to_pylist()
    kinds = Counter(row["kind"] for row in lost if row["churned_at"] >= since)
    known = kinds["voluntary"] + kinds["involuntary"]
    return Part("involuntary", known, kinds["involuntary"]) if known else None


def _money(won: Sequence[Case]) -> list[Stake]:
    back: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for case in won:
        back[case.currency] += case.amount_minor
        number[case.currency] += 1
    return [Stake(RECOVERED, c, number[c], back[c]) for c in sorted(back)]
