"""Web push in the JSON API: the public key, devices come and go, and what a device reports."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from tenure.analytics.errors import SpecError
from tenure.channels import reception
from tenure.channels.in_app.pages.answers import NoGood, body, endpoint
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import Reception
from tenure.channels.push import subscriptions, vapid


@endpoint("GET")
def public_key(request: HttpRequest, holder: Holder) -> HttpResponse:  # noqa: ARG001
    """The key a browser subscribes with (``applicationServerKey``)."""
    return JsonResponse({"public_key": vapid.public_text(vapid.key(timezone.now()))})


@endpoint("POST")
def subscribe(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Keep this browser's subscription, as ``PushSubscription.toJSON()`` gives it."""
    try:
        new = subscriptions.subscribe(holder, body(request), timezone.now())
    except SpecError as no:
        raise NoGood(422, no.key, f"{no.key} {no.problem}: {no.remedy}") from no
    return JsonResponse({"subscribed": True, "new": new})


@endpoint("POST")
def unsubscribe(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Forget this browser; the same again changes nothing."""
    given = body(request).get("endpoint")
    if not isinstance(given, str):
        raise NoGood(422, "endpoint", "name the endpoint of the subscription")
    return JsonResponse(
        {"subscribed": False, "gone": subscriptions.unsubscribe(holder, given, timezone.now())}
    )


@endpoint("POST", token=False)
def received(request: HttpRequest, code: str, what: str) -> HttpResponse:  # noqa: ARG001
    """What a device did with a push: seen, clicked or dismissed. Its code, which only the sealed
    message held, is the proof: a service worker has no token."""
    row = Reception.objects.filter(code=code, message__channel="push").first()
    if row is None or what not in reception.ACTS:
        raise NoGood(404, "unknown", "there is no such message, or no such act")
    new = reception.record(row, what, timezone.now())
    return JsonResponse({"new": new})
