"""How the customer's browsers are answered: JSON, to any origin, never with a cookie.

A page of another origin may ask because the token it carries is the whole proof; no cookie of ours
is looked at, so ``Access-Control-Allow-Origin: *`` gives nothing away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from time import monotonic
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from tenure.channels.in_app import keys
from tenure.channels.in_app.limiting import Limiter
from tenure.channels.in_app.tokens import BadToken, Holder
from tenure.core import policy

MOST_BYTES = 8192
limiter = Limiter()
View = Callable[..., HttpResponse]


class NoGood(Exception):  # noqa: N818 - becomes an answer
    """An answer other than the one wished for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def endpoint(method: str, *, token: bool = True) -> Callable[[View], View]:
    """A view for browsers elsewhere: CORS, preflight, errors as JSON. With ``token`` the view is
    given the ``Holder`` of a token that was checked, and is rate limited by them."""

    def decorate(view: View) -> View:
        @csrf_exempt  # no cookie is looked at: nothing could be forged
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
            if request.method == "OPTIONS":
                return _open(HttpResponse(status=204), method)
            try:
                if request.method != method:
                    raise NoGood(405, "method", f"use {method}")
                found = view(request, *_believed(request, token), *args, **more)
            except NoGood as no:
                found = _refusal(no)
            return _open(found, method)

        return answer

    return decorate


def _believed(request: HttpRequest, token: bool) -> tuple[Holder, ...]:
    if not token:
        return ()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise BadToken("send the token as Authorization: Bearer …")
        holder = keys.holder_of(given.strip(), timezone.now())
    except BadToken as no:
        raise NoGood(401, "token", str(no)) from no
    _limit(f"{holder.key} {holder.person_id} {holder.account_id}")
    return (holder,)


def _limit(name: str) -> None:
    most = policy.load("channels").in_app.requests_a_minute
    if (seconds := limiter.wait(name, most, monotonic())) > 0:
        raise NoGood(429, "busy", f"too many requests; again in {int(seconds) + 1} s")


def _refusal(no: NoGood) -> HttpResponse:
    answer = JsonResponse({"error": {"code": no.code, "message": str(no)}}, status=no.status)
    if no.status == 429:
        answer["Retry-After"] = str(no).rsplit(" ", 2)[-2]
    return answer


def _open(answer: HttpResponse, method: str) -> HttpResponse:
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Allow-Methods"] = f"{method}, OPTIONS"
    answer["Access-Control-Allow-Headers"] = "authorization, content-type"
    answer["Access-Control-Max-Age"] = "7200"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object sent along; an empty body is an empty object."""
    try:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
            raise NoGood(413, "size", f"send at most {MOST_BYTES} bytes")
        raw = request.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise NoGood(413, "size", f"send at most {MOST_BYTES} bytes")
        found = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        raise NoGood(400, "json", "the body is no JSON") from None
    if not isinstance(found, dict):
        raise NoGood(400, "json", "the body is no JSON object")
    return found
