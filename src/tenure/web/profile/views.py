"""A colleague's own profile: name, time zone, and the way to password and two-factor."""

from __future__ import annotations

from zoneinfo import available_timezones

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

User = get_user_model()


def _zones() -> list[tuple[str, str]]:
    names = sorted(n for n in available_timezones() if "/" in n and not n.startswith("Etc/"))
    return [("UTC", "UTC"), *((n, n.replace("_", " ")) for n in names)]


class ProfileForm(forms.ModelForm):
    """What a colleague may change about themselves."""

    timezone = forms.ChoiceField(
        label="Time zone", choices=_zones, help_text="Times on every page are shown in this zone."
    )

    class Meta:
        model = User
        fields = ("name", "timezone")
        help_texts = {"name": "As colleagues see it beside accounts, notes and overrides."}


def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the signed-in colleague's profile."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Your profile is saved.")
        return redirect("profile")
    context = {"form": form, "mfa_on": is_mfa_enabled(request.user)}
    return render(request, "web/profile/profile.html", context)
