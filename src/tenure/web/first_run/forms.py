"""The form of the first minute."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password

from tenure.core.models import User


class FirstRunForm(forms.Form):
    """The workspace's name and its first admin."""

    workspace = forms.CharField(
        label="Workspace name",
        max_length=80,
        help_text="Your company or team, as colleagues know it.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "organization"}),
    )
    name = forms.CharField(
        label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="Mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least ten characters.",
    )
    # Filled by the browser with its own zone; the profile can change it.
    timezone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-zone": ""}))

    def clean_timezone(self) -> str:
        zone = self.cleaned_data["timezone"]
        return zone if zone in available_timezones() else "UTC"

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        email = self.cleaned_data.get("email", "")
        validate_password(password, User(email=email, name=self.cleaned_data.get("name", "")))
        return password
