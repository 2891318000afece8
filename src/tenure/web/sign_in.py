"""The sign-in form in our own words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.http import HttpRequest


class SignInForm(LoginForm):
    """allauth's form without its placeholders, which repeat the labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Mail address"
        self.fields["password"].help_text = ""
        self.fields["remember"].label = "Stay signed in on this device"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


def name_tried(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """The mail address somebody tries to sign in with, as failed attempts are counted by it."""
    given = credentials or {}
    tried = given.get("email") or given.get("username") or request.POST.get("login", "")
    return tried.strip().lower()
