"""All refused facts of a filter at once: sent again, or dismissed with one reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import jobs
from tenure.core.roles import needs
from tenure.facts import quarantine, repairs
from tenure.facts.pages.quarantine import filters_of

KIND = "facts.replay"
AT_ONCE = 500
"""More than so many are sent again by a worker, so that the page answers at once."""


def handle(job: jobs.Running, now: datetime) -> None:
    """Send again everything that still matches the filter."""
    rows = quarantine.find(**dict(job.payload["filters"]))
    repairs.replay(rows, str(job.payload["by"]), now)


@require_POST
@needs("facts.repair")
def act(request: HttpRequest) -> HttpResponse:
    """Do to all that match what was asked."""
    filters = {**filters_of(request.GET), "state": quarantine.OPEN}
    done = _dismiss if request.POST.get("action") == "dismiss" else _replay
    try:
        done(request, filters)
    except SpecError as error:
        messages.error(request, f"{error.key} {error.problem}: {error.remedy}.")
    query = urlencode({k: v for k, v in filters.items() if v})
    return redirect(f"{reverse('facts_quarantine')}?{query}")


def _dismiss(request: HttpRequest, filters: dict[str, str]) -> None:
    rows = quarantine.find(**filters)
    n = repairs.dismiss(rows, request.POST.get("reason", ""), request.user, timezone.now())
    messages.success(request, f"{n:,} dismissed. They stay in the list of dismissed ones.")


def _replay(request: HttpRequest, filters: dict[str, Any]) -> None:
    rows, now = quarantine.find(**filters), timezone.now()
    if rows.count() > AT_ONCE:
        payload = {"filters": filters, "by": request.user.email}  # type: ignore[union-attr]
        jobs.enqueue(KIND, urlencode(filters)[:200], payload, now=now)
        messages.success(request, "A worker sends them again; this list empties as it goes.")
        return
    found = repairs.replay(rows, request.user, now)
    if found.landed:
        messages.success(request, f"{found.landed:,} landed.")
    if found.refused:
        messages.warning(
            request, f"{found.refused:,} are still refused, with the reason beside each."
        )
