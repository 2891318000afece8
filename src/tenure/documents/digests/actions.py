"""Choosing digests, and sending those whose turn it is: once, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from tenure.analytics.errors import SpecError
from tenure.channels import drafts
from tenure.channels.drafts import Draft
from tenure.channels.models import Endpoint
from tenure.core import audit
from tenure.core.models import User
from tenure.documents.digests import content, documents
from tenure.documents.digests.models import SentDigest, Wish
from tenure.documents.digests.policy import KINDS, Due, Kind, due

MAIL = "mail"


@transaction.atomic
def choose(user: User, wishes: Mapping[str, str], *, now: datetime) -> None:
    """Keep what a colleague wants: kind to ``mail``, the name of a chat endpoint, or nothing.

    SpecError for a kind or an endpoint that is none.
    """
    before = {w.kind: w.endpoint or w.channel for w in Wish.objects.filter(user=user)}
    after = {kind: way for kind, way in wishes.items() if way}
    for kind, way in after.items():
        _check(kind, way)
    if before == after:
        return
    for kind in {*before, *after}:
        wanted = after.get(kind)
        if wanted == before.get(kind):
            continue
        Wish.objects.filter(user=user, kind=kind).delete()
        if wanted:
            Wish.objects.create(
                user=user,
                kind=kind,
                channel=MAIL if wanted == MAIL else "chat",
                endpoint="" if wanted == MAIL else wanted,
                since=now,
            )
    audit.record(user, "digests.chosen", "user", user.email, before, after, now=now)


def _check(kind: str, way: str) -> None:
    if kind not in KINDS:
        raise SpecError("digests", kind, "is no kind of digest", f"use {', '.join(KINDS)}")
    if way != MAIL and not Endpoint.objects.filter(name=way, channel="chat", active=True).exists():
        raise SpecError(
            "digests",
            kind,
            f"there is no chat endpoint {way!r}",
            "an admin makes endpoints under Settings",
        )


def send_due(now: datetime) -> int:
    """Hand in every digest whose turn it is and that was not sent yet; gives how many."""
    rule, zone = documents.current(), documents.zone()
    sent = 0
    for kind in KINDS:
        turn = due(kind, now, zone, rule)
        if turn is not None:
            sent += sum(_send(wish, turn, now) for wish in _waiting(turn))
    return sent


def _waiting(turn: Due) -> list[Wish]:
    """Who asked before its turn, still works here, and has not got it."""
    done = SentDigest.objects.filter(kind=turn.kind, day=turn.day).values("user")
    wishes = Wish.objects.filter(kind=turn.kind, since__lte=turn.at, user__is_active=True)
    return list(wishes.exclude(user__in=done).select_related("user").order_by("pk"))


def _send(wish: Wish, turn: Due, now: datetime) -> bool:
    """One digest and the note that it was sent, kept together."""
    told = content.gather(wish.user, turn, now)
    address = wish.endpoint or wish.user.email
    draft = Draft(
        key=f"digest:{wish.kind}:{wish.user.pk}:{turn.day.isoformat()}",
        channel=wish.channel,
        purpose=documents.current().purpose,
        address=address,
        due_at=now,
        source="digests",
        content=told.mail() if wish.channel == MAIL else told.chat(),
    )
    try:
        with transaction.atomic():
            kept = SentDigest.objects.create(user=wish.user, kind=wish.kind, day=turn.day, at=now)
            try:
                drafts.submit([draft], now=now)
            except SpecError as error:  # an endpoint that is gone: told on the profile page
                kept.problem = f"{error.key} {error.problem}"
                kept.save(update_fields=["problem"])
    except IntegrityError:
        return False  # another worker was faster
    return not kept.problem


def forget(now: datetime) -> int:
    """What was sent longer ago than policy keeps goes; gives how many."""
    before = now - timedelta(days=documents.current().keep_days)
    return SentDigest.objects.filter(at__lt=before).delete()[0]


__all__ = ["Kind", "choose", "forget", "send_due"]
