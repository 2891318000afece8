"""In-app keys: the customer's backend signs with one who is looking at the product.

Like a webhook's secret it signs with what both sides know, so it is kept as it is, and shown once.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction

from tenure.analytics.errors import SpecError
from tenure.channels.in_app import tokens
from tenure.channels.in_app.settings import InApp
from tenure.channels.models import InAppKey
from tenure.core import audit
from tenure.core import policy as policies

_KEPT_SECRETS = 2  # the one in force, and the one before while the backend changes over
MARK = "tns_"


def _new_secret() -> str:
    return MARK + secrets.token_urlsafe(32)


@transaction.atomic
def make(name: str, by: object, *, now: datetime) -> InAppKey:
    """A new key with its secret. SpecError for an empty or taken name."""
    if not name.strip():
        raise SpecError("in-app key", "name", "is empty", "name the product it is for")
    try:
        with transaction.atomic():
            made = InAppKey.objects.create(
                name=name.strip()[:120],
                public_id=f"app_{secrets.token_hex(6)}",
                secrets=[_new_secret()],
                created_at=now,
                created_by=audit.actor_name(by)[:254],
            )
    except IntegrityError:
        raise SpecError("in-app key", "name", "is taken", "choose another name") from None
    audit.record(
        by, "in_app_key.made", "in-app key", made.public_id, None, {"name": made.name}, now=now
    )
    return made


@transaction.atomic
def rotate(key: InAppKey, by: object, *, now: datetime) -> str:
    """A new secret; the old one is believed beside it until the next rotation. Gives the new."""
    kept = InAppKey.objects.select_for_update().get(pk=key.pk)
    new = _new_secret()
    kept.secrets = [new, *kept.secrets][:_KEPT_SECRETS]
    kept.save(update_fields=["secrets"])
    audit.record(by, "in_app_key.rotated", "in-app key", kept.public_id, now=now)
    return new


@transaction.atomic
def switch(key: InAppKey, active: bool, by: object, *, now: datetime) -> None:
    """Switch a key on or off: tokens signed with one that is off are refused at once."""
    before = {"active": key.active}
    InAppKey.objects.filter(pk=key.pk).update(active=active)
    audit.record(
        by, "in_app_key.switched", "in-app key", key.public_id, before, {"active": active}, now=now
    )


def holder_of(token: str, now: datetime) -> tokens.Holder:
    """Whose token it is; BadToken if nobody may be believed."""
    parts = tokens.take_apart(token)
    key = InAppKey.objects.filter(public_id=parts.key, active=True).first()
    if key is None:
        raise tokens.BadToken("there is no such key, or it is switched off")
    numbers: InApp = policies.load("channels").in_app
    return tokens.believe(parts, key.secrets, numbers, now)
