"""The door for SDKs: a plain ASGI application in front of the pages.

A request is acknowledged with 200 once its body is committed to the inbox, and not before.
400, 401, 413 mean: do not send this again; 429 and 503: send it again later (Retry-After).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

from django.db.utils import Error

from tenure.connectors import intake
from tenure.connectors.committer import Committer, unavailable
from tenure.connectors.intake import Answer, Read
from tenure.connectors.segment.parse import KINDS
from tenure.connectors.stripe import intake as stripe
from tenure.core import keys
from tenure.facts.inbox import RawRequest

log = logging.getLogger("tenure.ingest")
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Route:
    """Where a path leads: the protocol, the endpoint its requests are kept under."""

    family: str
    endpoint: str
    needs_batch: bool = False


ROUTES: dict[str, Route] = {
    **{f"/v1/{name}": Route("segment", f"segment:{kind}") for name, kind in KINDS.items()},
    **{f"/v1/{n}": Route("segment", "segment:batch", True) for n in ("batch", "b", "import")},
    "/beacon/v1/batch": Route("segment", "segment:batch", True),  # RudderStack's, as a page closes
    "/v1/merge": Route("segment", "segment:merge"),
    **{
        path: Route("posthog", "posthog")
        for path in (
            "/batch",
            "/capture",
            "/e",
            "/i/v0/e",
            "/i/v0/ai/batch",
            "/i/v1/analytics/events",
            "/track",
            "/engage",
        )
    },
}
ROUTES[stripe.PATH] = Route("stripe", stripe.HELD)
FLAGS = ("/flags", "/decide")
STRAY = (
    "/v1",
    "/beacon",
    "/batch",
    "/capture",
    "/e",
    "/s",
    "/i/v0",
    "/i/v1",
    "/track",
    "/engage",
    "/flags",
    "/decide",
    "/array",
    "/sourceConfig",
)
"""Where SDKs alone look for something. What is not taken there is answered with 404: a redirect
would repeat the key in an address, and no SDK signs in."""
_KEY_NAMES = (b"writeKey=", b"api_key=")
_NO_FLAGS = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "supportedCompression": ["gzip", "gzip-js"],
    "sessionRecording": False,
    "toolbarParams": {},
    "config": {},
}
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-type, content-encoding, anonymousid",
    ),
    (b"access-control-max-age", b"86400"),
]
_JSON = [(b"content-type", b"application/json"), *_CORS]
_WELL = b'{"success":true,"status":1}'
_KEPT_SECONDS = 5.0
_MOST_KEYS = 1024


def utc_now() -> datetime:
    """The clock of the process."""
    return datetime.now(UTC)


class Ingestion:
    """Answers ingestion paths; everything else goes to ``inner``."""

    def __init__(
        self,
        inner: App,
        committer: Committer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._inner = inner
        self._committer = committer or Committer()
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}
        self._tolerated: tuple[float, int] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path = scope["path"].rstrip("/") if scope["type"] == "http" else ""
        route = ROUTES.get(path)
        if route is None and path not in FLAGS:
            if _is_stray(path, scope):
                await _refuse(send, _nothing_here(path))
            else:
                await self._inner(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await _send(send, 200, b"{}")
        elif route is None:
            await _send(send, 200, json.dumps(_NO_FLAGS).encode())
        else:
            await self._answer(route, scope, receive, send)

    async def _answer(self, route: Route, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._take(route, scope, receive)
        except Answer as answer:
            await _refuse(send, answer)
        except (Error, OSError) as error:  # whose key it is, or a policy, cannot be read
            log.warning("cannot answer a request: %s", error)
            await _refuse(send, unavailable(error))
        else:
            await _send(send, 200, _WELL)

    async def _take(self, route: Route, scope: Scope, receive: Receive) -> None:
        if scope["method"] != "POST":
            raise Answer(405, "method", f"use POST, not {scope['method'][:20]}")
        headers = dict(scope["headers"])
        limits = self._committer.policy.limits
        raw = await _body(headers, receive, limits.body_bytes)
        closed = self._committer.closed
        if closed is not None:
            self._committer.start()
            raise Answer(closed.status, closed.code, closed.message, closed.retry_after)
        if route.family == "stripe":
            await self._committer.commit(await self._notice(raw, headers))
            return
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        found = intake.read(intake.unpack(raw, encoding, limits), limits)
        if route.needs_batch and not found.is_batch:
            raise Answer(400, "malformed", 'the body has no list "batch" of calls')
        name = await self._name_of(_key(headers, scope, found))
        source = f"{route.family}:{name}"[:80]
        await self._committer.commit(RawRequest(self._clock(), source, route.endpoint, found.body))

    async def _notice(self, raw: bytes, headers: dict[bytes, bytes]) -> RawRequest:
        signature = headers.get(b"stripe-signature", b"").decode("latin-1")
        secrets = os.environ.get("TENURE_STRIPE_WEBHOOK_SECRET", "")
        tolerance = await self._tolerance()
        return stripe.letter(raw, signature, secrets, tolerance, self._clock())

    async def _tolerance(self) -> int:
        """Seconds, by policy; asked for anew now and then."""
        if self._tolerated is None or self._tolerated[0] < monotonic():
            seconds = await asyncio.to_thread(_tolerance)
            self._tolerated = (monotonic() + _KEPT_SECONDS, seconds)
        return self._tolerated[1]

    async def _name_of(self, key: str) -> str:
        known = self._known.get(key)
        if known is not None and known[0] > monotonic():
            return known[1]
        info = await asyncio.to_thread(_verify, key, self._clock())
        if info is None:
            raise Answer(
                401, "key", "the write key is missing, wrong or revoked: see Settings, Keys"
            )
        if len(self._known) >= _MOST_KEYS:
            self._known.clear()
        self._known[key] = (monotonic() + _KEPT_SECONDS, info)
        return info

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await asyncio.to_thread(_look, self._committer)
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self._committer.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return


def _is_stray(path: str, scope: Scope) -> bool:
    """Whether an SDK asks for something that is not here."""
    if scope["type"] != "http":
        return False
    if any(path == known or path.startswith(f"{known}/") for known in STRAY):
        return True
    query = scope["query_string"]
    return not path.startswith("/api/") and any(name in query for name in _KEY_NAMES)


def _nothing_here(path: str) -> Answer:
    taken = ", ".join(p for p in ROUTES if "/" not in p[1:] or p.endswith("/batch"))
    return Answer(404, "path", f"nothing is taken at {path[:80]}: send to one of {taken}")


def _look(committer: Committer) -> None:
    from django.db import connections

    committer.look()
    connections.close_all()


def _tolerance() -> int:
    from django.db import connections

    from tenure.connectors.stripe import policy

    try:
        return policy.current().tolerance_seconds
    finally:
        connections.close_all()


def _verify(key: str, now: datetime) -> str | None:
    from django.db import connections

    try:
        info = keys.verify_cached(key, now) if key and "\0" not in key else None
        return info.name if info else None
    finally:
        connections.close_all()  # a thread of the pool may not be used again for long


def _key(headers: dict[bytes, bytes], scope: Scope, found: Read) -> str:
    header = headers.get(b"authorization")
    key = intake.basic_key(header) if header else ""
    if not key and not found.key and scope["query_string"]:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return query.get("writeKey", query.get("api_key", [""]))[0]
    return key or found.key


async def _body(headers: dict[bytes, bytes], receive: Receive, most: int) -> bytes:
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most:
        raise intake.too_big(most)
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise intake.too_big(most)
        return body
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Answer(400, "aborted", "the connection closed before the body was whole")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise intake.too_big(most)
    return b"".join(parts)


async def _refuse(send: Send, answer: Answer) -> None:
    body = {
        "success": False,
        "code": answer.code,
        "message": answer.message,
        "detail": answer.message,
    }
    extra = [(b"retry-after", str(answer.retry_after).encode())] if answer.retry_after else []
    await _send(send, answer.status, json.dumps(body).encode(), extra)


async def _send(
    send: Send, status: int, body: bytes, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [*_JSON, (b"content-length", str(len(body)).encode()), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
