"""Putting alerts away and saying whether they were useful."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.metrics.alerts import actions
from tenure.metrics.alerts.models import Alert

SAID = {"useful": "Marked as useful.", "false_alarm": "Marked as a false alarm.", "": "Unmarked."}


@require_POST
@needs("alerts.handle")
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Useful, false alarm, or neither."""
    word = request.POST.get("mark", "")
    try:
        actions.mark(get_object_or_404(Alert, pk=pk), word, request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"The alert was not marked: {error.key} {error.problem}.")
    else:
        messages.success(request, SAID[word])
    return _back(request)


@require_POST
@needs("alerts.handle")
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an alert away for some days."""
    now, days = timezone.now(), request.POST.get("days", "")
    alert = get_object_or_404(Alert, pk=pk)
    try:
        until = now + timedelta(days=int(days) if days.isdecimal() and len(days) < 4 else 0)
        actions.snooze(alert, until, request.user, now=now)
    except SpecError as error:
        messages.error(
            request, f"It was not put away: {error.key} {error.problem}; {error.remedy}."
        )
    else:
        messages.success(request, "Put away until then, unless it is over before.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was filtered."""
    wanted = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return redirect(wanted if here and wanted.startswith("/") else "alerts")
