"""The Lifetime page: what a customer is worth, by equation, by survival, and by a fitted model."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.core.roles import needs
from tenure.kit.pages import formats
from tenure.kit.pages.cells import safe
from tenure.metrics.revenue import policy, queries, scope
from tenure.metrics.revenue.pages import heat, views
from tenure.metrics.revenue.pages.query import RevenueQuery, read

BYS = ("", *queries.SPLITS)
COLUMNS = ("account_id", "currency", "months", "lost", "mrr_minor")
LEVERS = (
    ("revenue", "more revenue per account"),
    ("lifespan", "a longer life (less churn)"),
    ("cac", "a lower cost to win"),
)


@needs("revenue.view")
def page(request: HttpRequest) -> HttpResponse:
    """Lifetime value by group, the three levers, and the curve it rests on."""
    asked, by = _asked(request)
    only = scope.members(asked.of, asked.known_at)
    told = queries.lifetime_value(known_at=asked.known_at, by=by or None, only=only)
    lives = queries.survival(known_at=asked.known_at, only=only)
    currencies = views.by_accounts(lives)
    asked = views.in_currency(asked, currencies)
    context: dict[str, Any] = {
        "asked": asked,
        "tabs": views.tabs("revenue_lifetime", asked),
        "any": bool(currencies),
    }
    if currencies:
        mine = [row for row in told if row["currency"] == asked.currency]
        rules = policy.ltv_policy()
        context |= views.choices(asked, currencies) | {
            "by": by,
            "bys": [(b or "all together", asked.query(by=b)) for b in BYS],
            "rows": [_row(row) for row in sorted(mine, key=lambda r: -r["accounts"])],
            "rules": rules,
            "no_cost": all(not row["cac_minor"] for row in mine),
            "curves": heat.curves({"All accounts": lives[asked.currency, ""]}),
            "query": asked.query(),
        }
    return render(request, "revenue/lifetime.html", context)


@require_GET
@needs("export")
@needs("revenue.view")
def file(request: HttpRequest) -> HttpResponse:
    """The lives behind the values: how long each account has paid, and whether it was lost."""
    asked, _ = _asked(request)
    only = scope.members(asked.of, asked.known_at)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="lives.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for life in queries.told_lives(asked.known_at).to_pylist():
        if only is None or life["account_id"] in only:
            writer.writerow([safe(life[column]) for column in COLUMNS])
    return response


def _asked(request: HttpRequest) -> tuple[RevenueQuery, str]:
    by = request.GET.get("by", "")
    return read(request.GET, timezone.now()), by if by in BYS else ""


def _row(row: dict[str, Any]) -> dict[str, Any]:
    gains = row["levers"]
    most = max((abs(g) for g in gains.values() if g), default=0)
    levers = [
        {
            "words": words,
            "text": _money(row, gains[name]),
            "share": (gains[name] or 0) / most if most else 0,
        }
        for name, words in LEVERS
    ]
    predicted, projected = row["predictive"] or {}, row["projected"] or {}
    return row | {
        "gains": levers,
        "name": row["group"] or "All accounts",
        "arpa": _money(row, row["arpa_minor"]),
        "cac": _money(row, row["cac_minor"]),
        "ltv": _money(row, row["ltv_minor"]),
        "predicted": _money(row, predicted.get("ltv_minor")),
        "low": _money(row, predicted.get("low_minor")),
        "high": _money(row, predicted.get("high_minor")),
        "model": _money(row, projected.get("ltv_minor")),
    }


def _money(row: dict[str, Any], minor: float | None) -> str:
    return formats.rounded_money(None if minor is None else round(minor), row["currency"])
