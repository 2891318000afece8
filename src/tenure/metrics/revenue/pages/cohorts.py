"""The Cohorts page: of the accounts won, how many still pay and how much; and survival."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Account
from tenure.analytics.revenue.cohorts import CohortAge, pooled
from tenure.core.roles import needs
from tenure.kit.pages.cells import safe
from tenure.metrics.revenue import queries, scope
from tenure.metrics.revenue.begun import HAPPENED
from tenure.metrics.revenue.pages import heat, views
from tenure.metrics.revenue.pages.query import RevenueQuery, back, read

MONTH = "month"
BYS = (MONTH, *queries.SPLITS, *HAPPENED, queries.LEAVING)
COLUMNS = (
    "month",
    "group",
    "currency",
    "age",
    "size",
    "alive",
    "start_minor",
    "mrr_minor",
    "logo_retention",
    "low",
    "high",
    "revenue_retention",
)


@needs("revenue.view")
def page(request: HttpRequest) -> HttpResponse:
    """Heat map and curves by what is asked for."""
    asked, by, of_revenue = _asked(request)
    only = scope.members(asked.of, asked.known_at)
    split = None if by == MONTH or by in HAPPENED else by
    lives = queries.survival(known_at=asked.known_at, by=split, only=only)
    currencies = views.by_accounts(lives)
    asked = views.in_currency(asked, currencies)
    context: dict[str, Any] = {
        "asked": asked,
        "tabs": views.tabs("revenue_cohorts", asked),
        "any": bool(currencies),
    }
    if currencies:
        ages = _ages(asked, by, only)
        shown = heat.rows(ages, of_revenue)
        mine = {g: told for (currency, g), told in lives.items() if currency == asked.currency}
        context |= views.choices(asked, currencies) | {
            "by": by,
            "happened": by in HAPPENED,
            "bys": [(b, _query(asked, b, of_revenue)) for b in BYS],
            "of_revenue": of_revenue,
            "other": _query(asked, by, not of_revenue),
            "query": _query(asked, by, of_revenue),
            "members_query": _members_query(asked),
            "rows": shown,
            "ages": range(max((len(r.cells) for r in shown), default=0)),
            "curves": heat.curves(mine),
            "at": heat.AGES,
            "more": max(len(mine) - len(heat.COLORS), 0),
            "lengths": views.LENGTHS,
        }
    return render(request, "revenue/cohorts.html", context)


def _members_query(asked: RevenueQuery) -> str:
    """What leads from a cell to the accounts of its cohort, but for month and age."""
    known = asked.known.isoformat() if asked.known else ""
    return urlencode({"currency": asked.currency, "of": asked.of.text, "known": known})


@require_GET
@needs("export")
@needs("revenue.view")
def file(request: HttpRequest) -> HttpResponse:
    """The cohorts as CSV, with their intervals."""
    asked, by, _ = _asked(request)
    only = scope.members(asked.of, asked.known_at)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cohorts-{by}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for one in _ages(asked, by, only):
        low, high = one.logo_interval
        told = one.to_dict() | {"low": low, "high": high}
        writer.writerow([safe(told[column]) for column in COLUMNS])
    return response


@needs("revenue.view")
def members(request: HttpRequest) -> HttpResponse:
    """The accounts of one cohort, and what each pays at the age asked for."""
    asked = read(request.GET, timezone.now())
    age = request.GET.get("age", "0")
    months = min(int(age), 240) if age.isdigit() else 0
    rows = _members(asked, months)
    known = Account.objects.in_bulk([r["account_id"] for r in rows])
    context = {
        "asked": asked,
        "age": months,
        "rows": [r | {"account": known.get(r["account_id"])} for r in rows],
        "paying": sum(r["end_minor"] > 0 for r in rows),
        "sum": sum(r["end_minor"] for r in rows),
        "query": asked.query(),
    }
    return render(request, "revenue/cohort.html", context)


def _members(asked: RevenueQuery, age: int) -> list[dict[str, Any]]:
    """Members of the cohort of ``asked.month`` with their MRR then and ``age`` months later."""
    until = min(back(asked.month, -age), asked.known_at.date())
    moves = queries.account_movements(asked.month, until, known_at=asked.known_at).to_pylist()
    only = scope.members(asked.of, asked.known_at)
    later = {
        r["account_id"]: r["end_minor"]
        for r in moves
        if r["month"] == until.replace(day=1) and r["currency"] == asked.currency
    }
    return [
        {
            "account_id": r["account_id"],
            "start_minor": r["end_minor"],
            "end_minor": later.get(r["account_id"], 0),
        }
        for r in moves
        if r["month"] == asked.month and r["kind"] == "new" and r["currency"] == asked.currency
        if only is None or r["account_id"] in only
    ]


def _asked(request: HttpRequest) -> tuple[RevenueQuery, str, bool]:
    by = request.GET.get("by", "")
    asked = read(request.GET, timezone.now())
    return asked, by if by in BYS else MONTH, request.GET.get("of_revenue") == "1"


def _query(asked: RevenueQuery, by: str, of_revenue: bool) -> str:
    return asked.query(by=by) + ("&of_revenue=1" if of_revenue else "")


def _ages(asked: RevenueQuery, by: str, only: Any) -> list[CohortAge]:
    """By month the cohorts of the months shown; by anything else the groups, months pooled."""
    last = asked.known_at.date()
    split = None if by == MONTH else by
    found = queries.cohorts(
        back(last, asked.months), last, known_at=asked.known_at, by=split, only=only
    )
    mine = [one for one in found if asked.currency in ("", one.currency)]
    return mine if by == MONTH else pooled(mine)
