"""Keys for SDKs and scripts: made, shown once, revoked; with the lines that use them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import keys, roles
from tenure.core.models import ApiKey
from tenure.kit.pages import settings_tabs as tabs
from tenure.kit.pages import snippets

SCOPES = (
    (keys.INGEST, "Sending facts: a write key for SDKs"),
    (keys.API, "The API: acts with a role of its own"),
)
PLACEHOLDER = "YOUR_WRITE_KEY"


class KeyForm(forms.Form):
    """What a new key is for."""

    name = forms.CharField(
        max_length=200, help_text="Who will use it, such as “website” or “CRM sync”."
    )
    scope = forms.ChoiceField(choices=SCOPES, label="Good for")
    role = forms.ChoiceField(
        required=False, help_text="Only for API keys: what the key may do.", initial="analyst"
    )

    def __init__(self, by: object, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = list(roles.grantable(by).items())


@roles.needs("keys.manage")
def page(request: HttpRequest) -> HttpResponse:
    """Keys in force and revoked; a POST makes one and shows its text, this once."""
    form = KeyForm(request.user, request.POST or None)
    made = _make(request, form) if request.method == "POST" else None
    return _page(request, KeyForm(request.user) if made else form, made)


def _make(request: HttpRequest, form: KeyForm) -> tuple[ApiKey, str] | None:
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        return keys.make_key(
            given["name"], given["scope"], role=given["role"], by=request.user, now=timezone.now()
        )
    except SpecError as error:
        form.add_error(error.key, f"{error.problem}: {error.remedy}")
        return None


def _page(request: HttpRequest, form: KeyForm, made: tuple[ApiKey, str] | None) -> HttpResponse:
    rows = ApiKey.objects.select_related("created_by").order_by("-pk")
    titles = {n: r.title for n, r in roles.table().roles.items()}
    listed: list[dict[str, Any]] = [{"key": k, "role": titles.get(k.role, k.role)} for k in rows]
    writes = made and made[0].scope == keys.INGEST
    context = {
        "tabs": tabs.of(request, "settings_keys"),
        "form": form,
        "made": made,
        "live": [r for r in listed if r["key"].revoked_at is None],
        "revoked": [r for r in listed if r["key"].revoked_at is not None],
        "snippets": snippets.all_of(
            request.build_absolute_uri("/").rstrip("/"), made[1] if made and writes else PLACEHOLDER
        ),
        "curl": snippets.api(request.build_absolute_uri("/").rstrip("/"), made[1])
        if made and not writes
        else None,
    }
    return render(request, "web/settings/keys.html", context)


@require_POST
@roles.needs("keys.manage")
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """End a key at once."""
    try:
        key = keys.revoke(key_id, by=request.user, now=timezone.now())
    except ApiKey.DoesNotExist:
        raise Http404("there is no such key") from None
    messages.success(request, f"The key “{key.name}” no longer works.")
    return redirect("settings_keys")
