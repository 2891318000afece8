"""A mail handed to a provider's web interface: what its answers mean for the message."""

from __future__ import annotations

from typing import Any, NoReturn

import requests
from anymail.exceptions import (
    AnymailAPIError,
    AnymailConfigurationError,
    AnymailError,
    AnymailRecipientsRefused,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from tenure.channels.mail import marks
from tenure.channels.registry import InDoubt, OutboundMessage, Rejected, Unreachable

OUR_ID = "tenure"
"""The name under which a mail carries its message's id; the provider's notices bring it back."""
_CLOSED = (401, 402, 403, 404, 429, 503)
"""Answers about us, not about the mail: wrong key, not paid, no such account, too many, not now."""
_UNSURE = (408, 502, 504)
_TAKEN = {"sent", "queued"}
_MOST_WORDS = 300


def send(backend: Any, mail: EmailMultiAlternatives, parcel: OutboundMessage) -> str:
    """Hand ``mail`` over; gives the provider's id of it, by which its notices are matched.

    Unreachable if the provider takes no mail from us now, Refused if not this one, InDoubt if the
    connection broke on the way.
    """
    mail.extra_headers.pop("Message-ID", None)  # providers give their own, some refuse ours
    if settings.MAIL_WAY.metadata:
        mail.metadata = {OUR_ID: marks.mark(parcel.id)}  # type: ignore[attr-defined]
    try:
        backend.send_messages([mail])
    except AnymailRecipientsRefused as no:
        raise Rejected(f"the provider refused the address: {_words(no)}", final=True) from no
    except AnymailAPIError as error:
        _judge(error)
    except (AnymailError, AnymailConfigurationError) as error:
        raise Rejected(f"the provider cannot send this: {_words(error)}", final=True) from error
    return _taken(mail.anymail_status)  # type: ignore[attr-defined]


def _taken(status: Any) -> str:
    if not _TAKEN & (status.status or set()):
        raise InDoubt(f"the provider did not say that it took the mail: {status.status}")
    return str(status.message_id or "")


def _judge(error: AnymailAPIError) -> NoReturn:
    status = error.status_code or 0
    said = f"the provider said {status}: {_words(error)}" if status else _words(error)
    if status in _CLOSED:
        raise Unreachable(said) from error
    if status in _UNSURE or 0 < status < 400 or (not status and not _never_left(error)):
        raise InDoubt(f"the connection broke while the mail was on its way: {said}") from error
    if not status:
        raise Unreachable(f"the provider cannot be reached: {said}") from error
    raise Rejected(said, final=status < 500, status=status) from error


def _never_left(error: BaseException) -> bool:
    """Whether no connection came about at all, so that nothing can have arrived."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    seen: BaseException | None = error
    while seen is not None:
        cause = seen.args[0] if seen.args and isinstance(seen.args[0], Exception) else None
        reason = getattr(cause, "reason", None)
        if type(reason).__name__ in ("NewConnectionError", "NameResolutionError"):
            return True
        seen = seen.__cause__
    return False


def _words(error: Exception) -> str:
    text = " ".join(settings.MAIL_WAY.clean(str(error)).split())
    return text if len(text) <= _MOST_WORDS else f"{text[:_MOST_WORDS]}…"
