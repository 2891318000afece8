"""Taking a case over, handing it back, giving more time."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.programs.dunning import actions
from tenure.programs.dunning.models import Case


@require_POST
@needs("dunning.act")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing goes out by itself from here."""
    return _act(
        request,
        pk,
        lambda invoice: actions.take_over(invoice, request.user, now=timezone.now()),
        "It is yours: no mail, no try, no ending until you hand it back.",
    )


@require_POST
@needs("dunning.act")
def back(request: HttpRequest, pk: int) -> HttpResponse:
    """The course goes on."""
    return _act(
        request,
        pk,
        lambda invoice: actions.hand_back(invoice, request.user, now=timezone.now()),
        "Handed back: the course goes on where it would be by now.",
    )


@require_POST
@needs("dunning.act")
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Some days more before access is paused and the subscription ends."""
    given = request.POST.get("days", "").strip()
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    why = request.POST.get("why", "")
    return _act(
        request,
        pk,
        lambda invoice: actions.extend(invoice, days, why, request.user, now=timezone.now()),
        f"Grace and end come {days} day{'' if days == 1 else 's'} later.",
    )


def _act(request: HttpRequest, pk: int, do: Callable[[str], Case], well: str) -> HttpResponse:
    case = get_object_or_404(Case, pk=pk)
    try:
        do(case.invoice_id)
    except SpecError as error:
        messages.error(request, f"Nothing changed: {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, well)
    return redirect("dunning_case", pk)
