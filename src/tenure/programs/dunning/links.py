"""The link with which a customer pays or changes the card: signed, expiring, without signing in."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

_SALT = "tenure.dunning.pay"


def url(invoice_id: str) -> str:
    """The address for one invoice."""
    return f"{settings.PUBLIC_URL}/m/pay/{TimestampSigner(salt=_SALT).sign_object(invoice_id)}/"


def read(token: str, days: int) -> str:
    """Which invoice a link is for; empty if it is not ours or too old."""
    try:
        found = TimestampSigner(salt=_SALT).unsign_object(token, max_age=timedelta(days=days))
    except (BadSignature, ValueError):
        return ""
    return found if isinstance(found, str) else ""
