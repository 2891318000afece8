"""Today: what to do first, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Segment
from tenure.core import roles
from tenure.core.roles import needs
from tenure.health.pages import choices
from tenure.kit.pages import in_force
from tenure.web.today import rail
from tenure.work.tasks import queries, settings
from tenure.work.tasks.models import Task
from tenure.work.tasks.pages import listing, row_html
from tenure.work.tasks.pages.filters import EVERYONE, MINE, NOBODY, SHOWS, Filters, read


@require_GET
@needs("tasks.view")
def today(request: HttpRequest) -> HttpResponse:
    """The tasks; what stands beside them, and how many there are, is asked for after them."""
    filters, now = read(request.GET), timezone.now()
    may_edit = roles.has(request.user, "tasks.edit")
    board = listing.board(filters, request.user, now, request.GET.get("page", ""))
    context = {
        "filters": filters,
        "query": filters.to_query(),
        "day": timezone.localtime(now).date(),
        "sections": [
            {
                "shown": shown,
                "rows": row_html.rows(shown.rows, now, may_edit),
                "all": filters.but(section=shown.name).address,
            }
            for shown in board.shown
        ],
        "below": [(s, filters.but(section=s.name).address) for s in board.below],
        "totals": ",".join(
            [s.name for s in board.shown if s.total is None] + [s.name for s in board.below]
        ),
        "tabs": listing.tabs(filters),
        "none_at_all": not board.shown and not Task.objects.exists(),
        "others": Filters(who=EVERYONE).address,
        **_offered(),
    }
    return render(request, "web/today/page.html", context)


@require_GET
@needs("tasks.view")
def beside(request: HttpRequest) -> HttpResponse:
    """Accounts that fell, renewals that come, and the counts of the page."""
    filters, now = read(request.GET), timezone.now()
    sees_health = roles.has(request.user, "health.view")
    wanted = frozenset(request.GET.get("totals", "").split(","))
    given = request.GET.get("since", "")
    days = int(given) if given in {str(n) for n in SINCE} else 1
    context = {
        "policy": in_force.loaded(settings.current),
        "renewals": rail.renewals(filters, request.user, now),
        "fallen": rail.fallen(filters, request.user, now, days) if sees_health else None,
        "days": days,
        "since": SINCE.items(),
        "totals": listing.totals(filters, request.user, now, wanted),
        "tab_counts": listing.tab_counts(request.user),
        "live": bool(request.headers.get("HX-Request")),
        "query": filters.to_query(),
    }
    return render(request, "web/today/beside.html", context)


@require_GET
@needs("portfolio.view")
def owed(request: HttpRequest) -> HttpResponse:
    """Accounts that are owed a touch, the most pressing first; asked for last, as it reads the
    contacts of everybody."""
    filters, now = read(request.GET), timezone.now()
    most = in_force.loaded(settings.current).owed_shown
    found = rail.owed(filters, request.user, now)
    live = bool(request.headers.get("HX-Request"))
    context = {"owed": found[:most], "owed_total": len(found), "query": filters.to_query()}
    return render(request, f"web/today/{'_owed' if live else 'owed_page'}.html", context)


SINCE = {1: "yesterday", 7: "7 days", 30: "30 days"}
"""Against which scores an account is newly at risk."""


def _offered() -> dict[str, Any]:
    """What the filters offer."""
    who = [(MINE, "Mine"), (EVERYONE, "Everyone"), (NOBODY, "Unassigned")]
    people = [(str(pk), name) for pk, name in choices.colleagues()]
    segments = Segment.objects.order_by("title").values_list("name", "title")
    return {
        "owners": who + people,
        "segments": list(segments),
        "kinds": queries.kinds(),
        "shows": SHOWS.items(),
    }
