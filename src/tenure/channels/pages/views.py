"""Every message: sent, waiting, withheld and why; dead and doubtful ones to be settled."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages as notes
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.channels import actions, queries
from tenure.channels.mail import letter
from tenure.channels.models import Message
from tenure.core import policy, roles
from tenure.core.roles import needs

PAGE = 50
STATES = {
    "queued": ("Waiting", "accent"),
    "ready": ("About to go", "accent"),
    "sending": ("Leaving now", "accent"),
    "sent": ("Sent", "good"),
    "withheld": ("Withheld", "warn"),
    "dead": ("Given up", "bad"),
    "doubt": ("In doubt", "warn"),
    "cancelled": ("Stopped", "none"),
}
OUTCOMES = {
    "delivered": "it arrived",
    "returned": "it came back",
    "bounced": "it came back: the address does not work",
    "complained": "it was called spam",
}
TABS = (("Log", "messages"), ("Not written to", "messages_barred"))


def tabs(current: str) -> list[dict[str, object]]:
    """The tabs of these pages."""
    return [{"title": t, "url": reverse(n), "current": n == current} for t, n in TABS]


@needs("messages.view")
def page(request: HttpRequest) -> HttpResponse:
    """The log, by state, channel and words."""
    filters = {
        name: request.GET.get(name, "").replace("\x00", "")
        for name in ("state", "channel", "search", "outcome")
    }
    found = queries.counts()
    rows = Paginator(queries.find(**filters), PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs("messages"),
        "filters": filters,
        "query": urlencode({k: v for k, v in filters.items() if v}),
        "rows": rows,
        "lines": [_line(row) for row in rows],
        "states": [(k, t, found.get(k, 0)) for k, (t, _) in STATES.items() if found.get(k)],
        "channels": policy.load("channels").channels,
        "any": bool(found),
        "mail_is_set_up": settings.MAIL_IS_SET_UP,
    }
    return render(request, "messages/page.html", context)


def _line(row: Message) -> dict[str, Any]:
    since = OUTCOMES.get(row.outcome, "")
    return {"row": row, "state": STATES[row.state], "what": _what(row), "since": since}


def _what(row: Message) -> str:
    for key in ("subject", "title", "text", "type"):
        if row.content.get(key):
            return str(row.content[key])
    return row.key


def _said(row: Message) -> str:
    text = str(row.content.get("text") or "")
    return letter.as_text(text) if row.content.get("marked") else text


@needs("messages.view")
def one(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: what it says, what became of it, and why."""
    row = get_object_or_404(Message, pk=message_id)
    may = roles.has(request.user, "messages.send")
    context = {
        **_line(row),
        "said": _said(row),
        "numbers": policy.load("channels"),
        "purpose": policy.load("channels").purposes.get(row.purpose),
        "again": may and row.state in ("dead", "doubt"),
        "doubtful": may and row.state == "doubt",
    }
    return render(request, "messages/one.html", context)


@require_POST
@needs("messages.send")
def again(request: HttpRequest, message_id: int) -> HttpResponse:
    """Before the gate once more."""
    row = get_object_or_404(Message, pk=message_id)
    try:
        actions.send_again(row, request.user, now=timezone.now())
        notes.success(request, "It waits for the gate again.")
    except SpecError as error:
        notes.error(request, f"It {error.problem}: {error.remedy}.")
    return redirect("message", row.pk)


@require_POST
@needs("messages.send")
def arrived(request: HttpRequest, message_id: int) -> HttpResponse:
    """A doubtful message did arrive."""
    row = get_object_or_404(Message, pk=message_id)
    try:
        actions.settle_doubt(row, request.user, now=timezone.now())
        notes.success(request, "Kept as sent.")
    except SpecError as error:
        notes.error(request, f"It {error.problem}: {error.remedy}.")
    return redirect("message", row.pk)
