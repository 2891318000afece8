"""Devices that may be pushed to: a browser's subscription, for the person signed in there."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import PushSubscription
from tenure.channels.push.settings import Push
from tenure.core import policy as policies
from tenure.facts.inbox import OwnFact, record_own

_MOST = 1000
_AUTH_BYTES, _POINT_BYTES = 16, 65


@transaction.atomic
def subscribe(holder: Holder, given: Mapping[str, Any], now: datetime) -> bool:
    """Keep a subscription as the browser gives it (``endpoint``, ``keys``); False if it was known.
    SpecError for one that is none. A browser's subscription belongs to who is signed in last."""
    numbers: Push = policies.load("channels").push
    endpoint, p256dh, auth = _checked(given, numbers)
    kept = PushSubscription.objects.select_for_update().filter(endpoint=endpoint).first()
    if kept is not None and (kept.p256dh, kept.auth) != (p256dh, auth):
        raise SpecError("subscription", "keys", "are not those of this endpoint", "subscribe anew")
    if kept is not None and kept.person_id == holder.person_id:
        return False
    PushSubscription.objects.update_or_create(
        endpoint=endpoint,
        defaults={"p256dh": p256dh, "auth": auth, "person_id": holder.person_id, "created_at": now},
    )
    _keep_few(holder.person_id, numbers)
    _emit("push_subscribed", holder, now)
    return True


@transaction.atomic
def unsubscribe(holder: Holder, endpoint: str, now: datetime) -> bool:
    """Forget a device of this person; False if there is none such."""
    mine = PushSubscription.objects.filter(endpoint=endpoint, person_id=holder.person_id)
    gone = bool(mine.delete()[0])
    if gone:
        _emit("push_unsubscribed", holder, now)
    return gone


def _keep_few(person: str, numbers: Push) -> None:
    mine = PushSubscription.objects.filter(person_id=person).order_by("-created_at", "-pk")
    old = list(mine.values_list("pk", flat=True)[numbers.devices_most :])
    PushSubscription.objects.filter(pk__in=old).delete()


def _emit(what: str, holder: Holder, now: datetime) -> None:
    record_own([OwnFact(what, holder.account_id, now, holder.person_id)], now=now)


def _checked(given: Mapping[str, Any], numbers: Push) -> tuple[str, str, str]:
    endpoint, keys = given.get("endpoint"), given.get("keys")
    if not isinstance(endpoint, str) or len(endpoint) > _MOST or not numbers.knows(endpoint):
        remedy = "hand over what pushManager.subscribe() gave, or add its host to push.hosts"
        raise SpecError("subscription", "endpoint", "is of no push service we know", remedy)
    found = keys if isinstance(keys, Mapping) else {}
    p256dh, auth = found.get("p256dh"), found.get("auth")
    if not _is_point(p256dh) or len(_raw(auth)) != _AUTH_BYTES:
        remedy = "hand over p256dh and auth as the browser gave them"
        raise SpecError("subscription", "keys", "are no keys of a subscription", remedy)
    return endpoint, str(p256dh).rstrip("="), str(auth).rstrip("=")


def _is_point(value: object) -> bool:
    raw = _raw(value)
    if len(raw) != _POINT_BYTES:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return False
    return True


def _raw(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > 200:
        return b""
    text = value.rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
