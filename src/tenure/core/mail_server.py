"""Where mail goes: TENURE_SMTP, as one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tenure.analytics.errors import SpecError

_PORTS = {"smtp": 587, "smtps": 465}


def mail_settings(url: str) -> dict[str, Any]:
    """Django's EMAIL settings for ``smtp://user:password@host:port`` (STARTTLS unless ``?tls=0``)
    or ``smtps://…`` (TLS from the start); without one, mails of our own are printed, not sent.

    >>> found = mail_settings("smtp://ann:p%40ss@mail.example.com")
    >>> found["EMAIL_HOST_PASSWORD"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]
    ('p@ss', 587, True)
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SpecError(
            "environment", "TENURE_SMTP", f"names no mail server: {parts.scheme or 'no scheme'}",
            "write smtp://user:password@host:587, or smtps:// for TLS from the start",
        )  # fmt: skip
    plain = dict(parse_qsl(parts.query)).get("tls") == "0"
    return {
        "EMAIL_BACKEND": "tenure.channels.mail.transport.TellingBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and not plain,
    }
