"""The sign-in form in our own words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from django.http import HttpRequest


def _plain(fields: dict[str, Any]) -> None:
    """No placeholders, which repeat the labels; no offer of mails that nobody may have set up."""
    for field in fields.values():
        field.widget.attrs.pop("placeholder", None)
    fields["password"].help_text = ""


class SignInForm(LoginForm):
    """Mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Mail address"
        self.fields["remember"].label = "Stay signed in on this device"
        _plain(self.fields)


class ConfirmForm(ReauthenticateForm):
    """The password once more, before something delicate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self.fields)


def name_tried(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """The mail address somebody tries to sign in with, as failed attempts are counted by it."""
    given = credentials or {}
    tried = given.get("email") or given.get("username") or request.POST.get("login", "")
    return tried.strip().lower()
