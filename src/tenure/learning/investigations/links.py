"""The link to the exit interview: signed, expiring, without signing in."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

_SALT = "tenure.exit_interview"


def url(interview: int) -> str:
    """The address for one interview."""
    return f"{settings.PUBLIC_URL}/m/exit/{TimestampSigner(salt=_SALT).sign_object(interview)}/"


def read(token: str, days: int) -> int:
    """Which interview a link is for; 0 if it is not ours or too old."""
    try:
        found = TimestampSigner(salt=_SALT).unsign_object(token, max_age=timedelta(days=days))
    except (BadSignature, ValueError):
        return 0
    return found if isinstance(found, int) else 0
