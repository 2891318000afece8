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
from tenure.plays.tasks import numbers, queries
from tenure.plays.tasks.models import Task
from tenure.web import in_force
from tenure.web.accounts import choices
from tenure.web.today import listing, rail, row_html
from tenure.web.today.filters import EVERYONE, MINE, NOBODY, SHOWS, Filters, read


@require_GET
@needs("tasks.view")
def today(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    filters, now = read(request.GET), timezone.now()
    may_edit = roles.has(request.user, "tasks.edit")
    found = listing.sections(filters, request.user, now, request.GET.get("page", ""))
    sees_health = roles.has(request.user, "health.view")
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
            for shown in found
        ],
        "tabs": listing.tabs(filters, request.user),
        "policy": in_force.loaded(numbers.current),
        "renewals": rail.renewals(filters, request.user, now),
        "fallen": rail.fallen(filters, request.user, now) if sees_health else None,
        "none_at_all": not found and not Task.objects.exists(),
        "others": Filters(who=EVERYONE).address,
        **_offered(),
    }
    return render(request, "web/today/page.html", context)


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
