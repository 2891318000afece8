"""Choosing digests on one's own profile page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.documents.digests import actions
from tenure.documents.digests.policy import KINDS


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep which digests the signed-in colleague wants, and how."""
    wishes = {kind: request.POST.get(kind, "")[:120] for kind in KINDS}
    try:
        actions.choose(request.user, wishes, now=timezone.now())  # type: ignore[arg-type]
    except SpecError as error:
        messages.error(request, f"Your digests were not changed: {error.problem}; {error.remedy}.")
    else:
        messages.success(request, "Your digests are saved.")
    return redirect("profile")
