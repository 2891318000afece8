"""In-app keys: made, rotated, switched off; with the lines that put messages into the product."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.channels import queries
from tenure.channels.in_app import keys
from tenure.channels.models import InAppKey
from tenure.channels.push import vapid
from tenure.core import policy, roles
from tenure.kit.pages import settings_tabs as tabs
from tenure.kit.pages import snippets

PLACEHOLDER_ID, PLACEHOLDER = "YOUR_KEY_ID", "YOUR_SECRET"


class InAppKeyForm(forms.Form):
    """What a new key is for."""

    name = forms.CharField(
        max_length=120, help_text="The product whose backend signs with it, such as “shop”."
    )


@roles.needs("keys.manage")
def page(request: HttpRequest) -> HttpResponse:
    """All in-app keys; a POST makes one, and shows its secret this once."""
    form = InAppKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = keys.make(form.cleaned_data["name"], request.user, now=timezone.now())
            return _page(request, InAppKeyForm(), made, made.secrets[0])
        except SpecError as error:
            form.add_error(error.key, f"{error.problem}: {error.remedy}")
    return _page(request, form)


def _page(
    request: HttpRequest, form: InAppKeyForm, made: InAppKey | None = None, secret: str = ""
) -> HttpResponse:
    host = request.build_absolute_uri("/").rstrip("/")
    rows = list(InAppKey.objects.order_by("name"))
    shown = made or next((row for row in rows if row.active), None)
    identity = shown.public_id if shown else PLACEHOLDER_ID
    context: dict[str, Any] = {
        "tabs": tabs.of(request, "settings_in_app"),
        "form": form,
        "rows": rows,
        "made": made,
        "secret": secret,
        "snippets": snippets.in_app(host, identity, secret or PLACEHOLDER),
        "push_key": vapid.public_text(vapid.key(timezone.now())),
        "push_contact": vapid.contact(policy.load("channels")),
        "devices": queries.devices(),
    }
    status = 422 if form.errors else 200
    return render(request, "messages/in_app_settings.html", context, status=status)


@require_POST
@roles.needs("keys.manage")
def rotate(request: HttpRequest, key_id: int) -> HttpResponse:
    """A new secret, shown this once; the old one is believed beside it until the next time."""
    row = get_object_or_404(InAppKey, pk=key_id)
    secret = keys.rotate(row, request.user, now=timezone.now())
    return _page(request, InAppKeyForm(), row, secret)


@require_POST
@roles.needs("keys.manage")
def switch(request: HttpRequest, key_id: int) -> HttpResponse:
    """On, or off."""
    row = get_object_or_404(InAppKey, pk=key_id)
    keys.switch(row, not row.active, request.user, now=timezone.now())
    state = "off: its tokens are refused" if row.active else "on again"
    messages.success(request, f"The key “{row.name}” is {state}.")
    return redirect("settings_in_app")
