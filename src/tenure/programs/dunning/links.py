"""The link with which a customer pays or changes the card: signed, expiring, without signing in."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

_SALT = "tenure.dunning.pay"
_CARD = "tenure.dunning.card"


def url(invoice_id: str) -> str:
    """The address for one invoice."""
    return f"{settings.PUBLIC_URL}/m/pay/{TimestampSigner(salt=_SALT).sign_object(invoice_id)}/"


def card_url(account_id: str) -> str:
    """The address where an account changes its card, without an invoice."""
    return f"{settings.PUBLIC_URL}/m/card/{TimestampSigner(salt=_CARD).sign_object(account_id)}/"


def read_card(token: str, days: int) -> str:
    """Whose card a link is for; empty if it is not ours or too old."""
    return _read(token, days, _CARD)


def read(token: str, days: int) -> str:
    """Which invoice a link is for; empty if it is not ours or too old."""
    return _read(token, days, _SALT)


def _read(token: str, days: int, salt: str) -> str:
    try:
        found = TimestampSigner(salt=salt).unsign_object(token, max_age=timedelta(days=days))
    except (BadSignature, ValueError):
        return ""
    return found if isinstance(found, str) else ""
