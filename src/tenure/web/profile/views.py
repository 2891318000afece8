"""A colleague's own profile: name, time zone, and the way to password and two-factor."""

from __future__ import annotations

from zoneinfo import available_timezones

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tenure.core import team
from tenure.documents.digests import queries as digests


def _zones() -> list[tuple[str, str]]:
    names = sorted(n for n in available_timezones() if "/" in n and not n.startswith("Etc/"))
    return [("UTC", "UTC"), *((n, n.replace("_", " ")) for n in names)]


class ProfileForm(forms.Form):
    """What a colleague may change about themselves."""

    name = forms.CharField(
        max_length=200,
        required=False,
        help_text="As colleagues see it beside accounts and overrides.",
    )
    timezone = forms.ChoiceField(
        label="Time zone", choices=_zones, help_text="Times on every page are shown in this zone."
    )


def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the signed-in colleague's profile."""
    form = ProfileForm(
        request.POST or None,
        initial={"name": request.user.name, "timezone": request.user.timezone},  # type: ignore[union-attr]
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        team.update_profile(
            request.user,  # type: ignore[arg-type]
            name=data["name"],
            timezone=data["timezone"],
            now=timezone.now(),
        )
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    context = {
        "form": form,
        "mfa_on": is_mfa_enabled(request.user),
        "digests": digests.choices(request.user),  # type: ignore[arg-type]
        "chats": digests.chats(),
    }
    return render(request, "web/profile/profile.html", context)
