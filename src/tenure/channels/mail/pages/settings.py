"""Mail: the way in force, what came of the latest mails, and a test mail to oneself."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.channels import drafts
from tenure.channels.mail import state, trial
from tenure.channels.models import Message, Suppression
from tenure.core import roles
from tenure.kit.pages import settings_tabs as tabs

DAYS = 30
SHOWN = 8
KINDS = {
    "delivered": ("Arrived", "good"),
    "soft": ("Came back", "warn"),
    "hard": ("Does not exist", "bad"),
    "complaint": ("Called spam", "bad"),
    "unsubscribed": ("Unsubscribed", "none"),
}
STATES = {
    "sent": ("Sent", "good"),
    "withheld": ("Withheld", "warn"),
    "dead": ("Given up", "bad"),
    "doubt": ("In doubt", "warn"),
    "cancelled": ("Stopped", "none"),
}
OF_KIND = {
    "delivered": "delivered",
    "soft": "returned",
    "hard": "bounced",
    "complaint": "complained",
}
OUTCOMES = {
    "delivered": ("Arrived", "good"),
    "returned": ("Came back", "warn"),
    "bounced": ("Does not exist", "bad"),
    "complained": ("Called spam", "bad"),
}


@roles.needs("endpoints.manage")
def page(request: HttpRequest) -> HttpResponse:
    """What is in force, and what came of it."""
    now = timezone.now()
    counted = state.outcomes(now, DAYS)
    context: dict[str, Any] = {
        "tabs": tabs.of(request, "settings_mail"),
        "now": state.in_force(),
        "to": getattr(request.user, "email", ""),
        "days": DAYS,
        "warnings": state.warnings(now, DAYS),
        "counts": [(KINDS[kind][0], counted.get(kind, 0), OF_KIND.get(kind, "")) for kind in KINDS],
        "told": bool(counted),
        "barred": Suppression.objects.filter(channel="mail").count(),
        "mails": [(row, *_became(row)) for row in state.latest_mails(SHOWN)],
        "notices": [(row, *KINDS[row.kind]) for row in state.latest_notices(SHOWN)],
    }
    return render(request, "messages/mail_settings.html", context)


def _became(row: Message) -> tuple[str, str]:
    return OUTCOMES.get(row.outcome) or STATES.get(row.state, ("Waiting", "accent"))


@require_POST
@roles.needs("endpoints.manage")
def send_trial(request: HttpRequest) -> HttpResponse:
    """A test mail to oneself, by the outbox; its own page says what becomes of it."""
    now, address = timezone.now(), str(getattr(request.user, "email", ""))
    key = f"trial:mail:{secrets.token_hex(6)}"
    draft = drafts.Draft(key, "mail", "service", address, trial.CONTENT, now, source="trial")
    try:
        drafts.submit([draft], now=now)
    except SpecError as error:
        messages.error(request, f"Your address {error.problem}: {error.remedy}.")
        return redirect("settings_mail")
    messages.success(request, f"A test mail to {address} is on its way; this page says what came.")
    return redirect("message", Message.objects.get(key=key).pk)
