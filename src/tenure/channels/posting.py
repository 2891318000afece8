"""Posting to an endpoint, for the channels that do."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Collection, Mapping
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from tenure.analytics.errors import SpecError
from tenure.channels import destinations
from tenure.channels.models import Endpoint
from tenure.channels.registry import HandOver, InDoubt, Rejected
from tenure.core import policy as policies

GONE = 410
_BUSY = (408, 409, 425, 429)
_PORTS = {"http": 80, "https": 443}
REMEDY = "use an address of the internet, or have its host listed in TENURE_INTERNAL_HOSTS"


def endpoint(address: str, channel: str) -> Endpoint:
    """The endpoint called ``address``; Refused if there is none or it is switched off."""
    found = Endpoint.objects.filter(name=address, channel=channel).first()
    if found is None:
        raise Rejected(f"there is no {channel} endpoint {address!r}", final=True)
    if not found.active:
        raise Rejected(f"the endpoint {address!r} is switched off", final=True)
    return found


def check(source: str, address: str, channel: str) -> None:
    """SpecError if no endpoint of this name is there."""
    if not Endpoint.objects.filter(name=address, channel=channel).exists():
        names = ", ".join(Endpoint.objects.filter(channel=channel).values_list("name", flat=True))
        remedy = f"use one of: {names}" if names else "make it under Settings, Endpoints"
        raise SpecError(source, "address", f"there is no {channel} endpoint {address!r}", remedy)


def check_url(source: str, url: str) -> None:
    """SpecError if ``url`` is no web address, or leads into one's own network; a name that cannot
    be resolved now is taken, and looked at again whenever something is sent."""
    try:
        parts, port = _parts(url)
    except ValueError:
        raise SpecError(source, "url", "is no web address", "begin with https://") from None
    try:
        destinations.resolve(str(parts.hostname), port, settings.INTERNAL_HOSTS)
    except destinations.Internal:
        raise SpecError(source, "url", "leads into your own network", REMEDY) from None
    except OSError:
        return


def _parts(url: str) -> tuple[SplitResult, int]:
    """The parts of a web address and its port; ValueError if it is none."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or any(c <= " " for c in url):
        raise ValueError(url)
    return parts, parts.port or _PORTS[parts.scheme]


def is_final(status: int) -> bool:
    """Whether a receiver that answers so will answer so again."""
    return status == GONE or (400 <= status < 500 and status not in _BUSY)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    hand_over: HandOver,
    *,
    final: Callable[[int], bool] = is_final,
    internal: Collection[str] = (),
) -> str:
    """POST ``body``; gives the status. Refused by what the other side said, InDoubt if it broke.

    Nothing of the answer but its status is kept or shown: it may come from a machine that the
    author of the address could not ask themselves. Redirects are answers, and not followed.
    ``internal`` hosts are allowed beside those that the operator listed.
    """
    timeout = float(policies.load("channels").outbox.timeout_seconds)
    connection, path = _connected(url, timeout, [*settings.INTERNAL_HOSTS, *internal])
    try:
        hand_over()
        answer = _answer(connection, path, body, headers)
    finally:
        connection.close()
    if 200 <= answer.status < 300:
        return str(answer.status)
    raise Rejected(
        f"the receiver said {answer.status}",
        final=final(answer.status),
        status=answer.status,
        after_seconds=_retry_after(answer.headers.get("Retry-After") or ""),
    )


def _connected(
    url: str, timeout: float, listed: Collection[str]
) -> tuple[http.client.HTTPConnection, str]:
    """A connection, and what to ask for. Whatever fails until here, nothing was sent."""
    try:
        parts, port = _parts(url)
    except ValueError:
        raise Rejected(f"{url!r} is no web address", final=True) from None
    host = str(parts.hostname)
    try:
        connection = destinations.connect(parts.scheme, host, port, timeout, listed)
    except destinations.Internal:
        raise Rejected(f"{host} leads into your own network: {REMEDY}", final=True) from None
    except (OSError, UnicodeError) as error:
        raise Rejected(f"nobody answers there: {error}", final=False) from error
    return connection, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _answer(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    try:
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise InDoubt(f"the connection broke: {error}") from error


def _retry_after(given: str) -> float:
    """Seconds that a receiver asks us to wait, a day at most; other spellings ask for nothing."""
    return float(min(int(given), 86_400)) if given.isascii() and given.isdigit() else 0.0
