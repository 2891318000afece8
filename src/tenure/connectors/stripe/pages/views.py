"""Stripe: what is set up, what came, what could not be read; its history is fetched from here."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.connectors.models import StripeTrouble
from tenure.connectors.stripe import backfill, ingest, intake
from tenure.connectors.stripe.state import state
from tenure.core import audit, jobs
from tenure.core.roles import needs
from tenure.kit.pages import settings_tabs as tabs

EVENTS = (
    "customer.created, customer.updated, customer.subscription.created, "
    "customer.subscription.updated, customer.subscription.deleted, customer.subscription.paused, "
    "customer.subscription.resumed, customer.discount.created, customer.discount.updated, "
    "customer.discount.deleted, invoice.finalized, invoice.paid, invoice.payment_failed, "
    "invoice.voided, invoice.marked_uncollectible, invoice_payment.paid, charge.succeeded, "
    "charge.failed, price.created, price.updated"
)
RUNNING = ("ready", "running")


@needs("keys.manage")
def page(request: HttpRequest) -> HttpResponse:
    """How the connection stands."""
    found = state()
    context = {
        "tabs": tabs.of(request, "settings_stripe"),
        "state": found,
        "running": found.history is not None and found.history.state in RUNNING,
        "address": request.build_absolute_uri(intake.PATH),
        "events": EVENTS,
    }
    return render(request, "stripe/settings.html", context)


@require_POST
@needs("keys.manage")
def fetch(request: HttpRequest) -> HttpResponse:
    """Have the history fetched by a worker."""
    now = timezone.now()
    try:
        backfill.start(now)
    except SpecError as error:
        messages.error(request, f"Not started: {error.key} {error.problem}; {error.remedy}.")
    else:
        audit.record(request.user, "stripe.backfill", "connector", "stripe", now=now)
        messages.success(request, "A worker fetches it. You can leave this page.")
    return redirect("settings_stripe")


@require_POST
@needs("keys.manage")
def look(request: HttpRequest) -> HttpResponse:
    """Look for notices that never arrived, now rather than at night."""
    jobs.enqueue(backfill.MISSED, now=timezone.now())
    messages.success(request, "A worker looks for what never arrived.")
    return redirect("settings_stripe")


@require_POST
@needs("keys.manage")
def again(request: HttpRequest, event_id: str) -> HttpResponse:
    """Read a notice in trouble once more."""
    if not StripeTrouble.objects.filter(pk=event_id).exists():
        messages.error(request, "This notice is not in trouble any more.")
    elif ingest.read_again(event_id, timezone.now()):
        messages.success(request, "Read. Its rows are on their way.")
    else:
        messages.error(request, "It still cannot be read; it stays here.")
    return redirect("settings_stripe")
