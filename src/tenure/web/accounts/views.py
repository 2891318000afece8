"""The list of accounts: whole page, its rows as the filter changes, and more of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Account
from tenure.core import roles
from tenure.core.roles import needs
from tenure.health.pages import choices, models_shown
from tenure.health.pages.account_filters import SORTS, Filters, read
from tenure.web.accounts import row_html
from tenure.web.accounts.listing import Listing

MOST_COUNTED = 10_000
HEADS = {
    "name": "Account",
    "mrr": "MRR",
    "health": "Health",
    "change": "30 days",
    "risk": "Churn risk",
    "renewal": "Renewal",
}


@require_GET
@needs("accounts.view")
def accounts(request: HttpRequest) -> HttpResponse:
    """The list; to htmx only what changes with the filter."""
    filters = read(request.GET)
    if request.GET.get("after"):
        return render(request, "web/accounts/rows.html", _rows(request, filters))
    context = _rows(request, filters)
    context |= _around(request, filters, empty=not context["rows"])
    live = request.headers.get("HX-Request") and not request.headers.get(
        "HX-History-Restore-Request"
    )
    template = "web/accounts/results.html" if live else "web/accounts/list.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    if live:
        response["HX-Push-Url"] = address(filters)
    return response


@require_GET
@needs("accounts.view")
def count(request: HttpRequest) -> HttpResponse:
    """How many accounts the filter leaves, asked for after the rows are there."""
    listing = Listing(read(request.GET), models_shown.default(), timezone.now())
    found = listing.count(MOST_COUNTED + 1)
    text = f"{MOST_COUNTED:,}+" if found > MOST_COUNTED else f"{found:,}"
    noun = "account" if found == 1 else "accounts"
    return HttpResponse(f"{text} {noun}", content_type="text/plain")


def _rows(request: HttpRequest, filters: Filters) -> dict[str, object]:
    listing = Listing(filters, models_shown.default(), timezone.now())
    page = listing.page(request.GET.get("after", ""))
    query = filters.to_query()
    return {
        "rows": page.rows,
        "rows_html": row_html.rows(page.rows, roles.has(request.user, "accounts.edit")),
        "filters": filters,
        "query": query,
        "next": f"?{query}{'&' if query else ''}after={page.cursor}" if page.cursor else "",
    }


def _around(request: HttpRequest, filters: Filters, *, empty: bool) -> dict[str, object]:
    facets = choices.facets(filters, models_shown.default())
    return {
        "facets": facets,
        "heads": {key: _head(key, filters) for key in SORTS},
        "conditions": _conditions(filters, facets),
        "views": choices.saved_views(request.user),  # type: ignore[arg-type]
        "colleagues": choices.colleagues(),
        "address": address(filters),
        "no_accounts": empty and not filters.narrowed and not Account.objects.exists(),
    }


def _head(key: str, filters: Filters) -> dict[str, str]:
    active = key == filters.column
    direction = ("descending" if filters.descending else "ascending") if active else "none"
    return {
        "title": HEADS[key],
        "url": address(filters.sorted_by(key)),
        "sort": direction,
        "icon": {"descending": "arrow-down", "ascending": "arrow-up"}.get(direction, ""),
    }


def _conditions(filters: Filters, facets: list[choices.Facet]) -> list[dict[str, str]]:
    """Each condition in force in words, with the address of the list without it."""
    found = []
    if filters.q:
        found.append({"text": f"“{filters.q}”", "url": address(filters.without("q"))})
    for facet in facets:
        for choice in facet.chosen:
            without = filters.without(facet.name, choice.value)
            found.append({"text": f"{facet.title}: {choice.title}", "url": address(without)})
    return found


def address(filters: Filters) -> str:
    """The address of a filtered list."""
    query = filters.to_query()
    return f"/accounts/?{query}" if query else "/accounts/"
