"""Where mail goes: TENURE_MAIL, as an SMTP address or as the name of a provider.

Everything comes from the environment and stays there: keys are written to no database, shown on no
page and cut out of what providers answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tenure.analytics.errors import SpecError
from tenure.core.mail_providers import PROVIDERS, Provider

_PORTS = {"smtp": 587, "smtps": 465}
_CONSOLE = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
_HOW = (
    "write smtp://user:password@host:587, smtps:// for TLS from the start, or a provider's name: "
    + ", ".join(PROVIDERS)
)
SHORTEST_SECRET = 16
"""Characters of the secret in the address to which providers send their notices."""


@dataclass(frozen=True)
class MailWay:
    """How mails leave. ``name`` is empty (none is set up), ``smtp`` or that of a provider.

    ``settings`` are Django's. ``listens``: notices of bounces and complaints are taken in from the
    provider; ``deaf`` says why not, and what to do. ``secrets`` are texts that nobody may see.
    """

    name: str = ""
    words: str = "none"
    settings: Mapping[str, Any] = field(default_factory=lambda: dict(_CONSOLE), repr=False)
    listens: bool = False
    deaf: str = ""
    metadata: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def provider(self) -> Provider | None:
        """The provider, if mails leave through one."""
        return PROVIDERS.get(self.name)

    def clean(self, text: str) -> str:
        """``text`` without any secret in it.

        >>> MailWay(secrets=("s3cret",)).clean("refused: s3cret is unknown")
        'refused: … is unknown'
        """
        for secret in self.secrets:
            text = text.replace(secret, "…")
        return text


def read(environ: Mapping[str, str]) -> MailWay:
    """The way that the environment names; SpecError names what is wrong there, and the remedy.

    >>> read({"TENURE_MAIL": "postmark", "TENURE_MAIL_KEY": "k"}).words
    'Postmark'
    >>> read({}).name
    ''
    """
    place = _one_of_two(environ)
    if not place:
        return MailWay()
    if "://" in place:
        return _by_smtp(place, environ)
    if place.lower() not in PROVIDERS:
        raise SpecError("environment", "TENURE_MAIL", f"names no way for mail: {place!r}", _HOW)
    return _by_provider(place.lower(), environ)


def _one_of_two(environ: Mapping[str, str]) -> str:
    new, old = environ.get("TENURE_MAIL", "").strip(), environ.get("TENURE_SMTP", "").strip()
    if new and old and new != old:
        raise SpecError(
            "environment",
            "TENURE_SMTP",
            "says otherwise than TENURE_MAIL",
            "remove TENURE_SMTP: TENURE_MAIL takes an SMTP address too",
        )
    return new or old


def _by_smtp(url: str, environ: Mapping[str, str]) -> MailWay:
    found = mail_settings(url)
    tls = "TLS" if found["EMAIL_USE_SSL"] else "STARTTLS" if found["EMAIL_USE_TLS"] else "no TLS"
    words = f"SMTP, {found['EMAIL_HOST']}:{found['EMAIL_PORT']}, {tls}"
    password = found["EMAIL_HOST_PASSWORD"]
    deaf = "bounces come as mails: read them with 'tenure mail bounces'"
    if environ.get("TENURE_MAIL_KEY"):
        raise SpecError(
            "environment",
            "TENURE_MAIL_KEY",
            "is of no use with an SMTP address",
            "remove it, or name its provider in TENURE_MAIL",
        )
    return MailWay("smtp", words, found, deaf=deaf, secrets=(password,) if password else ())


def mail_settings(url: str) -> dict[str, Any]:
    """Django's EMAIL settings for ``smtp://user:password@host:port`` (STARTTLS unless ``?tls=0``)
    or ``smtps://…`` (TLS from the start).

    >>> found = mail_settings("smtp://ann:p%40ss@mail.example.com")
    >>> found["EMAIL_HOST_PASSWORD"], found["EMAIL_PORT"], found["EMAIL_USE_TLS"]
    ('p@ss', 587, True)
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise SpecError(
            "environment",
            "TENURE_MAIL",
            "its port is no number from 1 to 65535",
            "write smtp://user:password@host:587; a ':', '/', '@' in the password as %3A, %2F, %40",
        ) from None
    if parts.scheme not in _PORTS or not parts.hostname:
        scheme = parts.scheme or "no scheme"
        raise SpecError("environment", "TENURE_MAIL", f"names no mail server: {scheme}", _HOW)
    plain = dict(parse_qsl(parts.query)).get("tls") == "0"
    return {
        "EMAIL_BACKEND": "tenure.channels.mail.transport.TellingBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or _PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and not plain,
    }


def _by_provider(name: str, environ: Mapping[str, str]) -> MailWay:
    provider = PROVIDERS[name]
    given = {what: _value(f"TENURE_MAIL_{what}", environ) for what in _GIVEN}
    _complete(provider, given)
    anymail = {
        f"{provider.prefix}_{setting}": given[what]
        for what, setting in _names(provider).items()
        if setting and given[what]
    }
    webhook = given["WEBHOOK"]
    anymail["WEBHOOK_SECRET"] = webhook
    deaf = _why_deaf(provider, given)
    settings = {
        "EMAIL_BACKEND": f"anymail.backends.{provider.module}.EmailBackend",
        "ANYMAIL": anymail,
    }
    hidden = [given[what] for what in ("KEY", "SECRET", "SIGNING", "WEBHOOK")]
    return MailWay(
        name,
        provider.title,
        settings,
        not deaf,
        deaf,
        provider.metadata,
        tuple(s for s in (*hidden, webhook.partition(":")[2]) if s),
    )


_GIVEN = ("KEY", "SECRET", "DOMAIN", "API", "SIGNING", "WEBHOOK")


def _names(provider: Provider) -> dict[str, str]:
    return {
        "KEY": provider.key,
        "SECRET": provider.secret,
        "DOMAIN": provider.domain,
        "API": provider.api,
        "SIGNING": provider.signing,
    }


def _value(name: str, environ: Mapping[str, str]) -> str:
    """A variable, or what is in the file that ``<name>_FILE`` names (as container secrets are)."""
    if value := environ.get(name, "").strip():
        return value
    path = environ.get(f"{name}_FILE", "")
    if not path:
        return ""
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is no text"
        raise SpecError(
            "environment",
            f"{name}_FILE",
            f"{path} cannot be read: {why}",
            "give the path of a file that holds the value alone, and let Tenure's user read it",
        ) from None


def _complete(provider: Provider, given: Mapping[str, str]) -> None:
    for what in provider.needs:
        if not given[what]:
            raise SpecError(
                "environment",
                f"TENURE_MAIL_{what}",
                f"is missing: {provider.title} needs it",
                f"set TENURE_MAIL_{what} or TENURE_MAIL_{what}_FILE; see docs/how-to/send-mail.md",
            )
    for what, setting in _names(provider).items():
        if given[what] and not setting:
            raise SpecError(
                "environment",
                f"TENURE_MAIL_{what}",
                f"is of no use with {provider.title}",
                "remove it, or correct TENURE_MAIL",
            )
    if given["API"] and not given["API"].startswith(("https://", "http://127.0.0.1:")):
        raise SpecError(
            "environment",
            "TENURE_MAIL_API",
            "does not begin with https://",
            "give the address of the provider's API, as its own pages do",
        )
    user, colon, secret = given["WEBHOOK"].partition(":")
    if given["WEBHOOK"] and not (user and colon and len(secret) >= SHORTEST_SECRET):
        raise SpecError(
            "environment",
            "TENURE_MAIL_WEBHOOK",
            "is no name:secret that nobody could guess",
            f"write a name, a colon and at least {SHORTEST_SECRET} random characters",
        )


def _why_deaf(provider: Provider, given: Mapping[str, str]) -> str:
    """Why notices of the provider could not be believed; empty if they can."""
    if not given["WEBHOOK"]:
        return "set TENURE_MAIL_WEBHOOK=name:secret, and give the provider the address with both"
    if provider.must_sign and not given["SIGNING"]:
        return f"set TENURE_MAIL_SIGNING, the key with which {provider.title} signs its notices"
    return ""
