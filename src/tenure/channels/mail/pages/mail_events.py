"""Where the mail provider tells of bounces and complaints: checked and read by anymail's own view.

Open only for the provider in force, and only if its notices can be believed; whatever is refused is
answered without saying what would have been right.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tenure.core import policy
from tenure.core.mail_providers import PROVIDERS

log = logging.getLogger("tenure.channels")


@csrf_exempt  # providers post from nowhere; the secret and their signature are the proof
def page(request: HttpRequest, name: str) -> HttpResponseBase:
    """A provider's notices. 404 unless it is the one in force and can be believed, 400 for what is
    not from it or cannot be read; 200 is answered after everything is kept."""
    way = settings.MAIL_WAY
    if name != way.name or name not in PROVIDERS or not way.listens:
        raise Http404("no notices are taken in here")
    answer: HttpResponseBase = _view(name)(request)
    return answer


@cache
def _view(name: str) -> Any:
    provider = PROVIDERS[name]
    theirs = getattr(import_module(f"anymail.webhooks.{provider.module}"), provider.view)

    def post(view: Any, request: HttpRequest) -> HttpResponse:
        return _post(view, request, name)

    ours: Any = type(theirs.__name__, (theirs,), {"post": post})
    return ours.as_view()


def _post(view: Any, request: HttpRequest, name: str) -> HttpResponse:
    from tenure.channels.mail import provider_notices, taking_in

    try:
        view.run_validators(request)
    except SuspiciousOperation:
        log.warning("a notice that claims to be from %s was refused: wrong secret", name)
        return HttpResponse("refused\n", status=400, content_type="text/plain")
    numbers, now = policy.load("channels").mail.bounces, timezone.now()
    try:
        events = view.parse_events(request)
        found = [provider_notices.notice_of(event, name, numbers) for event in events]
    except (ValueError, LookupError, TypeError, AttributeError, ImproperlyConfigured) as error:
        log.warning("a notice from %s cannot be read: %s", name, type(error).__name__)
        return HttpResponse("cannot be read\n", status=400, content_type="text/plain")
    for notice in found:
        if notice is not None:
            taking_in.take_in(notice, now=now, proven=True)
    return HttpResponse()
