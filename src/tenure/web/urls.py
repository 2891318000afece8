"""Every address a browser can open: those of the slices, in their order, and a few of our own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from tenure.core.slices import INSTALLED
from tenure.web import errors


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answers when the process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("api/v1/", include("tenure.api.urls")),
    path("sign-in/", include("allauth.urls")),
    *(
        path(urls.prefix, include(f"{one.package}.{urls.module}"))
        for one in INSTALLED
        for urls in one.urls
    ),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
