"""Who is not written to: addresses that bounced or complained, people who said no."""

from __future__ import annotations

from django.contrib import messages as notes
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.channels import actions, mailboxes
from tenure.channels.models import Refusal, Suppression
from tenure.channels.pages.views import tabs
from tenure.core import policy, roles
from tenure.core.roles import needs

PAGE = 50


@needs("messages.view")
def page(request: HttpRequest) -> HttpResponse:
    """Both lists, newest first."""
    purposes = policy.load("channels").purposes
    said = Refusal.objects.exclude(recipient__startswith=mailboxes.MARK).order_by("-pk")
    refused = Paginator(said, PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs("messages_barred"),
        "suppressed": [(s, _address(s)) for s in Suppression.objects.order_by("-pk")[:PAGE]],
        "suppressed_in_all": Suppression.objects.count(),
        "rows": refused,
        "refused": [
            (row, purposes[row.purpose].title if row.purpose in purposes else "Everything")
            for row in refused
        ],
        "may": roles.permissions_of(request.user),
        "can_allow": roles.has(request.user, "messages.send"),
    }
    return render(request, "messages/barred.html", context)


def _address(row: Suppression) -> str:
    return "A mailbox of somebody erased" if mailboxes.is_mark(row.address) else row.address


@require_POST
@needs("messages.send")
def allow(request: HttpRequest, row_id: int) -> HttpResponse:
    """An address works again, somebody says why."""
    row = get_object_or_404(Suppression, pk=row_id)
    try:
        actions.unsuppress(row, request.POST.get("why", ""), request.user, now=timezone.now())
        notes.success(request, f"{_address(row)} is written to again.")
    except SpecError as error:
        notes.error(request, f"{error.remedy[:1].upper()}{error.remedy[1:]}.")
    return redirect("messages_barred")
