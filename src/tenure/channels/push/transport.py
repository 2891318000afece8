"""Web push (RFC 8030, 8291, 8292): to every device of a person, encrypted for it alone.

A message that reached one device is sent: trying the others again would show it twice on the
first. A device that its push service no longer knows (404, 410) is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from pydantic import AnyHttpUrl
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys

from tenure.analytics.errors import SpecError
from tenure.channels import posting, queries, reception
from tenure.channels.in_app import content as contents
from tenure.channels.models import Message, PushSubscription
from tenure.channels.push import vapid
from tenure.channels.registry import (
    Channel,
    HandOver,
    InDoubt,
    OutboundMessage,
    Rejected,
    Send,
    Unreachable,
)
from tenure.channels.settings import Numbers
from tenure.core import policy as policies
from tenure.core import worker

_GONE = (404, 410)
_TOO_LARGE = 413
PLAIN_MOST = 3993
"""Bytes that fit into one record of 4096 (RFC 8291, 4): 86 of header, 16 of tag, 1 of padding."""
_DAY_SECONDS = 86_400
_TOKEN_SECONDS = 12 * 3600


@dataclass
class _Round:
    """What became of one message at the devices of its person."""

    reached: int = 0
    later: list[Rejected] = field(default_factory=list)
    never: list[Rejected] = field(default_factory=list)
    doubts: list[InDoubt] = field(default_factory=list)

    def settle(self) -> str:
        """The receipt, or what to raise: the most careful answer decides."""
        if self.reached:
            return f"{self.reached} device{'s' if self.reached > 1 else ''}"
        if self.doubts:
            raise self.doubts[0]
        if self.later:
            raise max(self.later, key=lambda no: no.after_seconds)
        if self.never:
            raise self.never[0]
        raise Rejected("there is no device to push to any more", final=True)


class WebPushChannel(Channel):
    """The channel ``push``. Address: the person's id. Content: ``title``, ``text``, ``link``, and
    ``ttl_minutes`` if it is of use for a shorter time than policy says."""

    name = "push"
    repeatable = False  # a device shows it again

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError without a person, or with content that does not fit a notification."""
        numbers = policies.load("channels").push
        if not address.strip():
            raise SpecError(source, "address", "names nobody", "give the person's id")
        contents.check_words(source, "title", content.get("title"), numbers.title_most)
        contents.check_words(source, "text", content.get("text"), numbers.text_most)
        contents.check_link(source, content)

    def reachable(self, prefix: str) -> Q:
        """Who has a device."""
        return Q(**{f"{prefix}pk__in": queries.people_with_device()})

    @contextmanager
    def session(self) -> Iterator[Send]:
        """Each device has a connection of its own."""
        kept, numbers = vapid.key(), policies.load("channels")
        contact = vapid.contact(numbers)
        if not contact:
            raise Unreachable(f"{vapid.NO_CONTACT}: {vapid.ASK}")
        service = WebPush(
            kept.private.encode(),
            kept.public.encode(),
            contact,
            expiration=_TOKEN_SECONDS,
        )
        yield lambda parcel, hand_over: _send(service, parcel, hand_over, numbers)


def _send(service: WebPush, parcel: OutboundMessage, hand_over: HandOver, numbers: Numbers) -> str:
    message = Message.objects.filter(key=parcel.key).first()
    devices = list(PushSubscription.objects.filter(person_id=parcel.address).order_by("pk"))
    if message is None or not devices:
        raise Rejected("there is no device to push to", final=True)
    seconds = ttl_seconds(parcel.content, numbers)
    placed = reception.place(parcel.key, "push", seconds / _DAY_SECONDS, worker.utc_now())
    assert placed is not None
    body = payload(parcel, placed.code)
    if len(body) > PLAIN_MOST:
        raise Rejected(f"it is larger than {PLAIN_MOST} bytes", final=True)
    found = _Round()
    for device in devices:
        _to(device, service, body, seconds, message, hand_over, numbers, found)
    return found.settle()


def ttl_seconds(content: Mapping[str, Any], numbers: Numbers) -> int:
    """For how long a push service keeps the message for a device that is off."""
    minutes = content.get("ttl_minutes") or numbers.push.ttl_minutes
    return int(timedelta(minutes=min(float(minutes), numbers.push.ttl_minutes)).total_seconds())


def payload(parcel: OutboundMessage, code: str) -> bytes:
    """What the device gets to read: words, the link, and where it says what became of it."""
    said = parcel.content
    found = {
        "id": parcel.id,
        "title": said["title"],
        "text": said["text"],
        "link": said.get("link") or "",
        "report": f"{settings.PUBLIC_URL}/in-app/v1/received/{code}/",
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()


def _to(
    device: PushSubscription,
    service: WebPush,
    body: bytes,
    seconds: int,
    message: Message,
    hand_over: HandOver,
    numbers: Numbers,
    found: _Round,
) -> None:
    if not numbers.push.knows(device.endpoint):  # policy may have changed since it subscribed
        found.never.append(Rejected("its push service is not listed in policy", final=True))
        return
    keys = WebPushKeys(auth=device.auth, p256dh=device.p256dh)
    subscription = WebPushSubscription(endpoint=AnyHttpUrl(device.endpoint), keys=keys)
    sealed = service.get(body, subscription, ttl=seconds)
    urgency = "high" if message.urgent else "normal"
    headers = {**sealed.headers, "content-type": "application/octet-stream", "urgency": urgency}
    try:
        own = ("127.0.0.1",) if numbers.push.allow_loopback else ()
        posting.post(device.endpoint, sealed.encrypted, headers, hand_over, internal=own)
    except InDoubt as broke:
        found.doubts.append(broke)
    except Rejected as no:
        _judge(device, no, found)
    else:
        found.reached += 1


def _judge(device: PushSubscription, no: Rejected, found: _Round) -> None:
    if no.status in _GONE:
        PushSubscription.objects.filter(pk=device.pk).delete()
    elif no.final or no.status == _TOO_LARGE:
        found.never.append(no)
    else:
        found.later.append(no)


TRANSPORT = WebPushChannel()
