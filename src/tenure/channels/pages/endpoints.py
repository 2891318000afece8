"""Where webhooks and chat messages go: made, tried, rotated, switched off."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.channels import drafts, endpoints, registry
from tenure.channels.models import Endpoint
from tenure.core import roles
from tenure.kit.pages import settings_tabs as tabs

CHANNELS = [
    (name, registry.kind(name).endpoint) for name in sorted(registry.addressed_to("endpoint"))
]


class EndpointForm(forms.Form):
    """What a new endpoint is."""

    name = forms.SlugField(max_length=120, help_text="How plays call it, such as “team” or “crm”.")
    channel = forms.ChoiceField(choices=CHANNELS, label="Kind")
    url = forms.URLField(max_length=1000, label="Address", assume_scheme="https")


@roles.needs("endpoints.manage")
def page(request: HttpRequest) -> HttpResponse:
    """All endpoints; a POST makes one, and shows its signing secret this once."""
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = endpoints.make(
                given["name"], given["channel"], given["url"], request.user, now=timezone.now()
            )
            return _page(request, EndpointForm(), made, next(iter(made.secrets), ""))
        except SpecError as error:
            form.add_error(error.key, f"{error.problem}: {error.remedy}")
    return _page(request, form)


def _page(
    request: HttpRequest, form: EndpointForm, made: Endpoint | None = None, secret: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "tabs": tabs.of(request, "settings_endpoints"),
        "form": form,
        "rows": Endpoint.objects.order_by("name"),
        "made": made,
        "secret": secret,
    }
    status = 422 if form.errors else 200
    return render(request, "messages/endpoints.html", context, status=status)


@require_POST
@roles.needs("endpoints.manage")
def rotate(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """A new secret, shown this once; the old one signs beside it until the next time."""
    signed = [n for n, kind in registry.kinds().items() if kind.signed]
    row = get_object_or_404(Endpoint, pk=endpoint_id, channel__in=signed)
    secret = endpoints.rotate(row, request.user, now=timezone.now())
    return _page(request, EndpointForm(), row, secret)


@require_POST
@roles.needs("endpoints.manage")
def switch(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """On, or off."""
    row = get_object_or_404(Endpoint, pk=endpoint_id)
    endpoints.switch(row, not row.active, request.user, now=timezone.now())
    messages.success(request, f"“{row.name}” is {'off' if row.active else 'on'} now.")
    return redirect("settings_endpoints")


@require_POST
@roles.needs("endpoints.manage")
def trial(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Send a test message; its fate shows under Messages."""
    row, now = get_object_or_404(Endpoint, pk=endpoint_id), timezone.now()
    key = f"trial:{row.pk}:{secrets.token_hex(6)}"
    draft = drafts.Draft(
        key,
        row.channel,
        "service",
        row.name,
        dict(registry.kind(row.channel).trial),
        now,
        source="trial",
    )
    drafts.submit([draft], now=now)
    messages.success(request, "A test message is on its way; see below what becomes of it.")
    return redirect("messages")
