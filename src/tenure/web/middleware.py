"""The few middlewares every page passes."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path, reverse
from django.utils import timezone

from tenure.core import team
from tenure.kit.pages.once import request_scope

Handler = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'"
)


class ContentSecurityPolicy:
    """Only our own scripts, styles and fonts run; nothing inline, nothing from elsewhere."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=()"
        )
        return response


OPEN_PREFIXES = (
    "/static/",
    "/sign-in/",
    "/first-run/",
    "/invitation/",
    "/api/",
    "/healthz",
    "/m/",
    "/in-app/",
    "/mail-events/",
)


class SignInRequired:
    """Every page asks for sign-in unless it is listed as open: forgetting one fails safe.

    An htmx request from a page whose session has ended reloads that page, which then asks.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated or request.path.startswith(OPEN_PREFIXES):
            return self.get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        if request.method not in ("GET", "HEAD") and not is_valid_path(request.path_info):
            return HttpResponse("Nothing is taken at this address.\n", "text/plain", status=404)
        if team.is_new():
            return HttpResponseRedirect(reverse("first_run"))
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)


class PersonalRequest:
    """Times are shown in the zone of whoever is signed in; look-ups are kept for the request."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_scope(), timezone.override(_zone_of(request.user)):
            return self.get_response(request)


def _zone_of(user: object) -> ZoneInfo:
    try:
        return ZoneInfo(getattr(user, "timezone", "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
