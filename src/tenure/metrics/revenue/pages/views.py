"""The Revenue page: where recurring revenue came from and went, and what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from tenure.accounts import segments
from tenure.analytics.revenue.figures import MonthFigures, figures
from tenure.core.roles import needs
from tenure.metrics.revenue import queries, scope
from tenure.metrics.revenue.pages import charts, figure_rows
from tenure.metrics.revenue.pages.query import BYS, LENGTHS, RevenueQuery, read

TABS = (
    ("Board", "revenue_board"),
    ("Movements", "revenue"),
    ("Cohorts", "revenue_cohorts"),
    ("Lifetime value", "revenue_lifetime"),
)


def tabs(current: str, asked: RevenueQuery) -> list[dict[str, object]]:
    """The tabs of these pages; the question goes along."""
    return [
        {"title": t, "url": f"{reverse(n)}?{asked.query()}", "current": n == current}
        for t, n in TABS
    ]


@needs("revenue.view")
def page(request: HttpRequest) -> HttpResponse:
    """Movements and rates of the month asked for, the months before, and a split."""
    asked = read(request.GET, timezone.now())
    moves = queries.account_movements(asked.first, asked.known_at.date(), known_at=asked.known_at)
    only = scope.members(asked.of, asked.known_at)
    found = figures(moves, only=only)
    currencies = by_weight(figures(moves))
    asked = in_currency(asked, currencies)
    every = [m for m in found if m.currency == asked.currency]
    one = next((m for m in every if m.month == asked.month), None)
    months = every[-asked.months :]
    context: dict[str, Any] = {
        "asked": asked,
        "tabs": tabs("revenue", asked),
        "any": bool(currencies),
    }
    if currencies:
        context |= choices(asked, currencies) | {
            "months": sorted({m.month for m in months} | {asked.month}, reverse=True),
            "tiles": figure_rows.tiles(asked, one, moves, only),
            "chart": charts.waterfall(months),
            "colors": charts.COLORS.items(),
            "heads": [figure_rows.definitions()[n] for n in figure_rows.ROW],
            "rows": figure_rows.months_table(asked, months),
            "split_heads": [figure_rows.definitions()[n] for n in figure_rows.SPLIT_ROW],
            "split": figure_rows.split(asked, moves, only),
            "bys": [(by, asked.query(by=by)) for by in BYS],
            "lengths": LENGTHS,
        }
    return render(request, "revenue/page.html", context)


def by_weight(found: Sequence[MonthFigures]) -> list[str]:
    """Currencies, the one in which most accounts pay first."""
    weight: dict[str, int] = {}
    for month in found:
        weight[month.currency] = weight.get(month.currency, 0) + month.accounts_end
    return sorted(weight, key=lambda currency: (-weight[currency], currency))


def by_accounts(lives: Mapping[tuple[str, str], tuple[list[float], list[bool]]]) -> list[str]:
    """Currencies of lives, the one of most accounts first."""
    weight: dict[str, int] = {}
    for (currency, _), (months, _) in lives.items():
        weight[currency] = weight.get(currency, 0) + len(months)
    return sorted(weight, key=lambda currency: (-weight[currency], currency))


def in_currency(asked: RevenueQuery, currencies: Sequence[str]) -> RevenueQuery:
    """The question in its currency if there is data in it, else in the first of ``currencies``."""
    if asked.currency in currencies or not currencies:
        return asked
    return replace(asked, currency=currencies[0])


def choices(asked: RevenueQuery, currencies: Sequence[str]) -> dict[str, Any]:
    """What the form above the page offers."""
    groups = []
    for kind in queries.SPLITS:
        names = sorted(set((queries.groups(kind, asked.known_at) or {}).values()))
        groups.append((kind.capitalize(), [(f"{kind}:{n}", n) for n in names]))
    named = [(f"{scope.SEGMENT}:{n}", t) for n, t in sorted(segments.titles().items())]
    groups.append(("Segment, as it stands now", named))
    return {"currencies": currencies, "scopes": groups, "today": asked.now.date()}
