"""The sign-in form in our own words, and when it is closed for a while."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from axes.handlers.database import AxesDatabaseHandler
from django.db.models import Sum
from django.http import HttpRequest

from tenure.core import operations

_PREFIX = 64


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


def address(request: HttpRequest) -> str:
    """The address somebody tries to sign in from, as attempts are counted by it: of IPv6, the
    network, since one customer of a provider has all of its addresses. A proxy's word counts only
    if it is named (see ``server.configured``)."""
    given = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    try:
        found = ip_address(given)
    except ValueError:
        return "127.0.0.1"
    if isinstance(found, IPv4Address):
        return str(found)
    return str(ip_network((found, _PREFIX), strict=False).network_address)


def pause(request: HttpRequest | None = None) -> timedelta:  # noqa: ARG001 - axes gives it
    """For how long signing in is closed after too many wrong passwords."""
    return timedelta(minutes=operations.current().sign_in.pause_minutes)


class Attempts(AxesDatabaseHandler):
    """Counts wrong passwords three ways, each with its limit: of a name from an address, from an
    address whatever the names, and of a name whatever the addresses."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> int:
        """1 (the limit axes is told) if any of the counts is at its limit, else 0."""
        limits = operations.current().sign_in
        counts = [
            rows.aggregate(n=Sum("failures_since_start"))["n"] or 0
            for rows in self.get_user_attempts(request, credentials)
        ]
        return int(any(n >= limit for n, limit in zip(counts, limits.in_order(), strict=True)))
