"""The JSON API behind the embeddable script, below ``/in-app/v1/cancel``.

The token must say ``may = ["cancel"]``: who sees messages in the product may not cancel for all.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from tenure.channels.in_app.pages.answers import NoGood, body, endpoint
from tenure.channels.in_app.tokens import Holder
from tenure.programs.cancel import screens, visits
from tenure.programs.cancel.models import Visit
from tenure.programs.cancel.pages.acting import ACTS, act, clean


@endpoint("POST")
def start(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Begin a visit, or go on with the open one: ``subscription`` (needed where several run) and
    ``language`` may be given."""
    _allowed(holder)
    given = _texts(body(request))
    now = timezone.now()
    try:
        visit = visits.start(
            holder.account_id,
            holder.person_id,
            given.get("subscription", ""),
            language=given.get("language", ""),
            origin="script",
            now=now,
        )
    except visits.Closed as no:
        raise NoGood(409, "closed", str(no)) from no
    except visits.NothingRuns as no:
        raise NoGood(404, "none", str(no)) from no
    except visits.Several as no:
        raise NoGood(409, "several", str(no)) from no
    return JsonResponse(screens.screen_of(visit, now).to_dict())


@endpoint("POST")
def answer(request: HttpRequest, holder: Holder) -> HttpResponse:
    """Answer the screen of a visit: ``visit``, ``act``, and what it needs (``reason``, ``more``,
    ``offer``, ``months``, ``improve``, ``would_return``). Gives the screen that follows; what does
    not fit changes nothing."""
    _allowed(holder)
    given = _texts(body(request))
    # Two colleagues who may both cancel are in one visit: the account has one subscription to lose.
    visit = Visit.objects.filter(code=given.get("visit", ""), account_id=holder.account_id).first()
    if visit is None:
        raise NoGood(404, "unknown", "there is no such visit of this account")
    if given.get("act") not in ACTS:
        raise NoGood(422, "act", f"there is no such act; use one of: {', '.join(ACTS)}")
    now = timezone.now()
    try:
        after = act(visit, given, now)
    except (visits.Closed, visits.NothingRuns) as no:
        raise NoGood(409, "closed", str(no)) from no
    return JsonResponse(screens.screen_of(after, now).to_dict())


def _allowed(holder: Holder) -> None:
    if "cancel" not in holder.may:
        raise NoGood(
            403, "may", 'this person may not cancel: your backend says so by may = ["cancel"]'
        )


def _texts(given: dict[str, Any]) -> dict[str, str]:
    """What was sent, as texts; numbers are taken, anything else is left out."""
    return {
        name: clean(str(value)[:5000])
        for name, value in given.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    }
