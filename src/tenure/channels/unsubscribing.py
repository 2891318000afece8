"""The way out of messages: a signed link that works without signing in, for as long as it must."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer

from tenure.channels.registry import OutboundMessage

_SALT = "tenure.unsubscribe"


@dataclass(frozen=True)
class Who:
    """Whom a link is for, and what it is about."""

    recipient: str
    purpose: str


def token(recipient: str, purpose: str) -> str:
    """A text only this workspace can have made. It does not expire: an old mail's link works."""
    return Signer(salt=_SALT).sign_object({"r": recipient, "p": purpose})


def read(given: str) -> Who | None:
    """Whom ``token`` named; None if it was not made here."""
    try:
        found = Signer(salt=_SALT).unsign_object(given)
        return Who(str(found["r"]), str(found["p"]))
    except (BadSignature, ValueError, KeyError, TypeError):
        return None


def url(parcel: OutboundMessage) -> str:
    """Where the recipient of a parcel goes to get no more like it."""
    return f"{settings.PUBLIC_URL}/m/{token(parcel.recipient, parcel.purpose)}/"
