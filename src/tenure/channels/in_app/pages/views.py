"""The JSON API of the customer's browser: what to show, and what was done with it."""

from __future__ import annotations

from dataclasses import asdict

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from tenure.channels import reception
from tenure.channels.in_app import inbox
from tenure.channels.in_app.pages.answers import NoGood, body, endpoint
from tenure.channels.in_app.settings import SLOTS
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import Reception
from tenure.core import policy


@endpoint("GET")
def messages(request: HttpRequest, holder: Holder) -> HttpResponse:
    """What this person is to see now, in every slot or in ``?slot=``."""
    slot = request.GET.get("slot", "")
    if slot and slot not in SLOTS:
        raise NoGood(422, "slot", f"there is no such slot; use one of: {', '.join(SLOTS)}")
    numbers = policy.load("channels").in_app
    return JsonResponse(
        {
            "messages": [asdict(m) for m in inbox.find(holder, slot, timezone.now())],
            "words": numbers.words.model_dump(),
            "refresh_seconds": numbers.refresh_seconds,
        }
    )


@endpoint("POST")
def act(request: HttpRequest, holder: Holder, code: str, what: str) -> HttpResponse:
    """Seen, clicked, dismissed, ticked (with ``item`` and ``done``) or refused. The same again
    changes nothing."""
    given = body(request)
    row = inbox.one(holder, code)
    if row is None:
        raise NoGood(404, "unknown", "there is no such message for this person")
    if what == "ticked":
        _tick(row, given)
    elif what == "refused":
        if not inbox.refuse(row, timezone.now()):
            raise NoGood(409, "needed", "a message of this purpose cannot be refused")
    elif what in reception.ACTS:
        reception.record(row, what, timezone.now())
    else:
        raise NoGood(404, "unknown", "there is no such act")
    row.refresh_from_db()
    return JsonResponse(_state(row))


def _tick(row: Reception, given: dict[str, object]) -> None:
    item, done = given.get("item"), given.get("done", True)
    if isinstance(item, bool) or not isinstance(item, int) or not isinstance(done, bool):
        raise NoGood(422, "item", "give item as a number, done as true or false")
    with transaction.atomic():
        if not inbox.tick(row, item, done, timezone.now()):
            raise NoGood(404, "unknown", "there is no such item")


def _state(row: Reception) -> dict[str, object]:
    return {
        "id": row.code,
        "seen": row.seen_at is not None,
        "clicked": row.clicked_at is not None,
        "dismissed": row.dismissed_at is not None,
        "done": row.done,
    }
