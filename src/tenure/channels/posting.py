"""Posting JSON to an endpoint, for the channels that do."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NoReturn

from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint
from tenure.channels.registry import HandOver, InDoubt, Refused
from tenure.core import policy as policies

_GONE = 410
_BUSY = (408, 409, 425, 429)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An answer that points elsewhere is an answer: a signed body goes nowhere it was not meant."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def endpoint(address: str, channel: str) -> Endpoint:
    """The endpoint called ``address``; Refused if there is none or it is switched off."""
    found = Endpoint.objects.filter(name=address, channel=channel).first()
    if found is None:
        raise Refused(f"there is no {channel} endpoint {address!r}", final=True)
    if not found.active:
        raise Refused(f"the endpoint {address!r} is switched off", final=True)
    return found


def check(source: str, address: str, channel: str) -> None:
    """SpecError if no endpoint of this name is there."""
    if not Endpoint.objects.filter(name=address, channel=channel).exists():
        names = ", ".join(Endpoint.objects.filter(channel=channel).values_list("name", flat=True))
        remedy = f"use one of: {names}" if names else "make it under Settings, Endpoints"
        raise SpecError(source, "address", f"there is no {channel} endpoint {address!r}", remedy)


def post(url: str, body: bytes, headers: Mapping[str, str], hand_over: HandOver) -> str:
    """POST ``body``; gives the status. Refused by what the other side said, InDoubt if it broke."""
    timeout = policies.load("channels").outbox.timeout_seconds
    if not url.startswith(("http://", "https://")):
        raise Refused(f"{url!r} is no web address", final=True)
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310
    hand_over()
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as no:
        _refused(no)
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            raise Refused(f"nobody answers there: {error.reason}", final=False) from error
        raise InDoubt(f"the connection broke: {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise InDoubt(f"the connection broke: {error}") from error


def _refused(no: urllib.error.HTTPError) -> NoReturn:
    with no:
        said = no.read(300).decode("utf-8", "replace").strip()
    final = no.code == _GONE or (400 <= no.code < 500 and no.code not in _BUSY)
    raise Refused(
        f"the receiver said {no.code} {said}".strip(),
        final=final,
        status=no.code,
        after_seconds=_retry_after(no.headers.get("Retry-After") or ""),
    )


def _retry_after(given: str) -> float:
    """Seconds that a receiver asks us to wait, a day at most; other spellings ask for nothing."""
    return float(min(int(given), 86_400)) if given.isascii() and given.isdigit() else 0.0
