"""The accounts behind a figure: as a page, and as a file."""

from __future__ import annotations

import csv
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.kit.pages.cells import safe
from tenure.metrics.revenue import queries, scope
from tenure.metrics.revenue.definitions import Definition, definitions
from tenure.metrics.revenue.pages.query import RevenueQuery, back, read

SHOWN = 200
COLUMNS = (
    "account_id",
    "month",
    "currency",
    "start_minor",
    "end_minor",
    "kind",
    "leaving",
    "amount_minor",
)


@needs("revenue.view")
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts behind one figure of one month, the largest amounts first."""
    asked, name, figure = _asked(request)
    rows = behind(asked, figure)
    known = Account.objects.in_bulk([r["account_id"] for r in rows[:SHOWN]])
    context = {
        "asked": asked,
        "figure": figure,
        "name": name,
        "rows": [r | {"account": known.get(r["account_id"])} for r in rows[:SHOWN]],
        "total": len(rows),
        "sum": sum(r["amount_minor"] for r in rows),
        "query": asked.query(),
    }
    return render(request, "revenue/accounts.html", context)


@require_GET
@needs("export")
@needs("revenue.view")
def accounts_csv(request: HttpRequest) -> HttpResponse:
    """The same accounts, all of them, as CSV."""
    asked, name, figure = _asked(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    file = f"revenue-{name}-{asked.month:%Y-%m}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in behind(asked, figure):
        writer.writerow([safe(row[column]) for column in COLUMNS])
    return response


def behind(asked: RevenueQuery, figure: Definition) -> list[dict[str, Any]]:
    """Movements with what each adds to the figure in ``amount_minor``, the largest first."""
    first = back(asked.month, 11) if figure.year else asked.month
    # One month alone would not know who had paid before: a comeback would look new.
    moves = queries.account_movements(asked.first, asked.month, known_at=asked.known_at)
    only = scope.members(asked.of, asked.known_at)
    rows = [
        row
        for row in moves.to_pylist()
        if row["currency"] == asked.currency and (only is None or row["account_id"] in only)
    ]
    found = _over_a_year(rows, first, asked) if figure.year else _of_month(rows, figure, asked)
    return sorted(found, key=lambda r: (-abs(r["amount_minor"]), r["account_id"]))


def _of_month(
    rows: list[dict[str, Any]], figure: Definition, asked: RevenueQuery
) -> list[dict[str, Any]]:
    month = [r | {"amount_minor": figure.amount(r)} for r in rows if r["month"] == asked.month]
    return [row for row in month if row["amount_minor"] is not None]


def _over_a_year(
    rows: list[dict[str, Any]], first: Any, asked: RevenueQuery
) -> list[dict[str, Any]]:
    now = {r["account_id"]: r["end_minor"] for r in rows if r["month"] == asked.month}
    return [
        row
        | {
            "month": asked.month,
            "kind": "a year",
            "leaving": None,
            "end_minor": now.get(row["account_id"], 0),
            "amount_minor": now.get(row["account_id"], 0) - row["start_minor"],
        }
        for row in rows
        if row["month"] == first and row["start_minor"] > 0
    ]


def _asked(request: HttpRequest) -> tuple[RevenueQuery, str, Definition]:
    name = request.GET.get("figure", "")
    if name not in definitions():
        raise Http404(f"there is no figure {name!r}")
    return read(request.GET, timezone.now()), name, definitions()[name]
