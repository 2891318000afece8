"""The pages for when something is wrong: they say what, and where to go from there."""

from __future__ import annotations

import re
import sys

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from tenure.core import operations
from tenure.core.database import AWAY, RETRY_AFTER, UNAVAILABLE

_PORT = re.compile(r":\d+$")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request made no sense; or it was meant for a host that is not ours, as far as we know."""
    if isinstance(exception, DisallowedHost):
        host = request.META.get("HTTP_HOST", "")[:255]
        name = host.rsplit(":", 1)[0] if _PORT.search(host) else host
        return HttpResponse(render_to_string("unknown_host.html", {"host": name}), status=400)
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The role does not allow it; says which permission is needed where that is known."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """There is nothing at this address, or not any more."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Our fault. Rendered without context, because the database may be what failed: then whoever
    asked may ask again in a moment."""
    if not isinstance(sys.exc_info()[1], AWAY):
        return HttpResponse(render_to_string("500.html"), status=500)
    if "text/html" in request.headers.get("Accept", ""):
        answer = HttpResponse(render_to_string("503.html"), status=503)
    else:
        answer = JsonResponse(
            {"error": {"code": "unavailable", "message": UNAVAILABLE}}, status=503
        )
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """The form was older than the session; nothing was changed."""
    return render(request, "403_csrf.html", status=403)


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """Too many wrong passwords; the pause lasts as long as axes is set to."""
    minutes = operations.current().sign_in.pause_minutes
    return render(request, "locked_out.html", {"minutes": minutes}, status=429)
