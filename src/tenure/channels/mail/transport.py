"""Mail: by SMTP, or by any Django mail backend (django-anymail's are such)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email
from django.db.models import Q

from tenure.analytics.errors import SpecError
from tenure.channels.mail import letter, message
from tenure.channels.mail.notices import Kind, bounce, status_in
from tenure.channels.models import MailNotice, Message
from tenure.channels.registry import (
    Channel,
    HandOver,
    InDoubt,
    OutboundMessage,
    Rejected,
    Send,
    Unreachable,
)
from tenure.core import policy as policies

_FINAL = 500
"""SMTP answers from here on are final, those below (4xx) worth another try (RFC 5321, 4.2.1)."""
_NO_SUCH_MAILBOX = (550, 551, 553)


class _Telling(smtplib.SMTP):
    """An SMTP connection that says when the message itself begins to be handed over."""

    before_data: Callable[[], None] | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        if self.before_data is not None:
            self.before_data()
        return super().data(msg)


class _TellingTLS(_Telling, smtplib.SMTP_SSL):
    """The same over TLS from the start."""


class TellingBackend(EmailBackend):
    """Django's SMTP backend on such a connection."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TellingTLS if self.use_ssl else _Telling


class Mail(Channel):
    """The channel ``mail``. Content: ``subject``, ``text``, and ``html`` if there is any."""

    name = "mail"
    repeatable = False  # a mailbox takes the same mail twice

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError without a subject, a text or a proper address."""
        try:
            validate_email(address)
        except ValidationError:
            raise SpecError(
                source, "address", f"{address!r} is no mail address", "correct the person's address"
            ) from None
        for key in ("subject", "text"):
            if not str(content.get(key) or "").strip():
                raise SpecError(source, key, "is empty", f"give the mail a {key}")

    def reachable(self, prefix: str) -> Q:
        """Who has an address."""
        return ~Q(**{f"{prefix}email": ""})

    def barred(self, message: Message, why: str, now: datetime) -> None:
        """A mailbox that does not exist, said at the door: kept like what comes back later."""
        Message.objects.filter(pk=message.pk).update(
            outcome="bounced", outcome_at=now, outcome_text=why
        )
        MailNotice.objects.get_or_create(
            key=sha256(f"smtp:{message.pk}:{message.attempts}".encode()).hexdigest(),
            defaults={
                "kind": "hard",
                "address": message.address.lower(),
                "message": message,
                "at": now,
                "said": why[:500],
                "origin": "at the door",
                "received_at": now,
            },
        )

    def shown(self, content: Mapping[str, Any]) -> tuple[str, str]:
        """As it is read."""
        text = str(content["text"])
        return letter.as_text(text), letter.fragment(text, letter.ON_PAGE, marked=True)

    @contextmanager
    def session(self) -> Iterator[Send]:
        """A connection to the mail server."""
        if not settings.MAIL_IS_SET_UP:
            raise Unreachable("no way for mail is set up: start Tenure with TENURE_MAIL=smtp://…")
        numbers = policies.load("channels")
        backend = get_connection(timeout=numbers.outbox.timeout_seconds)
        try:
            backend.open()
        except (OSError, smtplib.SMTPException) as error:
            why = settings.MAIL_WAY.clean(str(error))
            raise Unreachable(f"the mail server does not let us in: {why}") from error
        try:
            yield lambda parcel, hand_over: _send(backend, parcel, hand_over)
        finally:
            _close(backend)


def _close(backend: Any) -> None:
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        return  # what was sent is sent; a goodbye may fail


def _send(backend: Any, parcel: OutboundMessage, hand_over: HandOver) -> str:
    mail = message.build(parcel, policies.load("channels"), backend)
    handed = False

    def handing() -> None:
        nonlocal handed
        hand_over()
        handed = True

    _before_data(backend, handing)
    if settings.MAIL_WAY.provider:
        return _provider().send(backend, mail, parcel)
    try:
        backend.open()
        backend.send_messages([mail])
    except smtplib.SMTPSenderRefused as no:  # about us: every mail would be refused
        said = _words(no.smtp_error)
        raise Unreachable(f"the mail server takes no mail from {no.sender}: {said}") from no
    except smtplib.SMTPResponseException as no:
        raise _refusal(no.smtp_code, no.smtp_error) from no
    except smtplib.SMTPRecipientsRefused as no:
        raise _refusal(*next(iter(no.recipients.values()))) from no
    except (OSError, smtplib.SMTPException) as broke:
        _close(backend)
        if handed:
            raise InDoubt(f"the connection broke while the mail was on its way: {broke}") from broke
        raise Unreachable(f"the mail server broke off: {broke}") from broke
    return str(mail.extra_headers["Message-ID"])


def _provider() -> Any:
    from tenure.channels.mail import provider  # anymail and requests, for those who use them

    return provider


def _before_data(backend: Any, handing: Callable[[], None]) -> None:
    connection = getattr(backend, "connection", None)
    if isinstance(connection, _Telling):
        connection.before_data = handing
    else:
        handing()  # a backend that does not say when: from now on


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return str(settings.MAIL_WAY.clean(" ".join(text.split())))


def _refusal(code: int, said: bytes | str) -> Rejected:
    words = _words(said)
    status = status_in(words)
    numbers = policies.load("channels").mail.bounces
    # 550 is said of spam and of policy too; status and words, where there are any, tell them apart.
    unsaid: Kind = "hard" if code in _NO_SUCH_MAILBOX and not status else "soft"
    bounced = bounce(status, numbers, words, unsaid) == "hard"
    reason = f"the mail server said {code} {words}"
    return Rejected(reason, final=code >= _FINAL, suppress=bounced)


TRANSPORT = Mail()
