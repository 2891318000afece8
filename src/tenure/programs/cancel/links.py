"""The link into the flow for somebody who is written to: signed, expiring, without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

_SALT = "tenure.cancel.link"


@dataclass(frozen=True)
class Who:
    """Whom a link was made for; an empty subscription is whichever the account has."""

    account_id: str
    person_id: str = ""
    subscription_id: str = ""


def url(who: Who) -> str:
    """The address for one customer."""
    return f"{settings.PUBLIC_URL}{path(who)}"


def path(who: Who) -> str:
    """The address within this server."""
    parts = [who.account_id, who.person_id, who.subscription_id]
    return f"/m/cancel/{TimestampSigner(salt=_SALT).sign_object(parts)}/"


def read(token: str, days: int) -> Who | None:
    """Whom a link is for; None if it is not ours or too old."""
    try:
        parts = TimestampSigner(salt=_SALT).unsign_object(token, max_age=timedelta(days=days))
    except (BadSignature, ValueError):
        return None
    whole = isinstance(parts, list) and len(parts) == 3
    return Who(*map(str, parts)) if whole else None
