"""Putting a person's judgement over a score, and taking it back."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.health import overrides as judgements
from tenure.health import queries
from tenure.web.accounts.override_form import OverrideForm
from tenure.web.accounts.panel_data import model_asked


@require_POST
@needs("scores.override")
def override(request: HttpRequest, pk: str) -> HttpResponse:
    """Set an override; an earlier one ends."""
    account, form = get_object_or_404(Account, pk=pk), OverrideForm(request.POST)
    model = request.POST.get("model") or model_asked(request)
    back = redirect(f"{reverse('account', args=[pk])}?model={model}")
    if not form.is_valid():
        faults = [f"{form.fields[f].label}: {e[0]}" for f, e in form.errors.items()]
        messages.error(request, "The score was not overridden. " + " ".join(faults))
        return back
    data, now = form.cleaned_data, timezone.now()
    until = now + timedelta(days=data["days"])
    try:
        judgements.override(
            account, data["health"], data["reason"], request.user, until, now=now, model=model
        )
    except SpecError as error:
        messages.error(
            request, f"The score was not overridden: {error.key} {error.problem}; {error.remedy}."
        )
    else:
        messages.success(request, f"{account} now shows your judgement.")
    return back


@require_POST
@needs("scores.override")
def end(request: HttpRequest, pk: str) -> HttpResponse:
    """End the override in force; the computed score shows again."""
    account, now = get_object_or_404(Account, pk=pk), timezone.now()
    model = request.POST.get("model") or model_asked(request)
    kept = queries.override_in_force(account.pk, now, model)
    if kept is None:
        messages.error(request, "No override is in force: it may just have run out.")
    else:
        judgements.end(kept, request.user, now=now)
        messages.success(request, "The override has ended; the computed score shows again.")
    return redirect(f"{reverse('account', args=[pk])}?model={model}")
