"""Every address a browser can open. One line per room of pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from tenure.web import errors
from tenure.web.public import mail_events


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Answers when the process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("api/v1/", include("tenure.api.urls")),
    path("sign-in/", include("allauth.urls")),
    path("", include("tenure.web.first_run.urls")),
    path("profile/", include("tenure.web.profile.urls")),
    path("today/", include("tenure.web.today.urls")),
    path("accounts/", include("tenure.web.accounts.urls")),
    path("portfolio/", include("tenure.web.portfolio.urls")),
    path("health/", include("tenure.web.health.urls")),
    path("onboarding/", include("tenure.web.onboarding.urls")),
    path("alerts/", include("tenure.web.alerts.urls")),
    path("indicators/", include("tenure.web.indicators.urls")),
    path("validation/", include("tenure.web.validation.urls")),
    path("revenue/", include("tenure.web.revenue.urls")),
    path("cancel-flow/", include("tenure.web.cancelling.urls")),
    path("plays/", include("tenure.web.plays.urls")),
    path("churned/", include("tenure.web.churned.urls")),
    path("experiments/", include("tenure.web.experiments.urls")),
    path("dunning/", include("tenure.web.dunning.urls")),
    path("messages/", include("tenure.web.messages.urls")),
    path("m/", include("tenure.web.public.urls")),
    path("mail-events/<slug:name>/", mail_events.page, name="mail_events"),
    path("in-app/v1/", include("tenure.web.in_app.urls")),
    path("practice/", include("tenure.web.audit.urls")),
    path("facts/", include("tenure.web.facts.urls")),
    path("policy/", include("tenure.web.policy.urls")),
    path("segments/", include("tenure.web.segments.urls")),
    path("settings/", include("tenure.web.settings_pages.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
