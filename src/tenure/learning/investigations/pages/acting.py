"""Confirming or changing a verdict, and asking for an exit interview."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.learning.investigations import actions, interviews
from tenure.learning.investigations.models import Investigation


@require_POST
@needs("churn.judge")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """What it really was."""
    get_object_or_404(Investigation, pk=pk)
    given = {
        name: request.POST.get(name, "").replace("\x00", "")[:2000]
        for name in ("verdict", "cause", "how", "why")
    }
    try:
        actions.decide(pk, request.user, now=timezone.now(), **given)
    except SpecError as error:
        messages.error(request, f"Nothing changed: {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, "Kept. The monthly review counts it from now on.")
    return redirect("churned_one", pk)


@require_POST
@needs("churn.judge")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody who left, once."""
    get_object_or_404(Investigation, pk=pk)
    try:
        made = interviews.ask(pk, request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"Not asked: {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, f"{made.address} is asked, as soon as the send gate lets it.")
    return redirect("churned_one", pk)
