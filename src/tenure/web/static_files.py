"""Our own CSS, scripts and fonts, answered before Django is asked.

The files are known at start (so no path can lead elsewhere), kept in memory, compressed once, and
re-validated by their digest.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
MAX_AGE = 300
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True)
class StaticFile:
    """One file, as it is sent."""

    path: Path
    kind: str

    @cached_property
    def body(self) -> bytes:
        """The file itself."""
        return self.path.read_bytes()

    @cached_property
    def packed(self) -> bytes | None:
        """The file compressed, where that pays."""
        return gzip.compress(self.body, 9) if self.kind.startswith(COMPRESSED) else None

    @cached_property
    def tag(self) -> bytes:
        """What a browser re-validates by."""
        return b'"' + hashlib.sha256(self.body).hexdigest()[:20].encode() + b'"'


class StaticFiles:
    """Answers GET and HEAD below ``prefix``; everything else goes to ``app``."""

    def __init__(self, app: App, folder: Path, prefix: str = "/static/") -> None:
        self.app, self.prefix = app, prefix
        self.files = {
            prefix + path.relative_to(folder).as_posix(): StaticFile(path, _kind(path))
            for path in folder.rglob("*")
            if path.is_file()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.prefix):
            await self.app(scope, receive, send)
            return
        file = self.files.get(scope["path"])
        if file is None or scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 404 if file is None else 405, [], b"")
            return
        await self._send(file, scope, send)

    async def _send(self, file: StaticFile, scope: Scope, send: Send) -> None:
        asked = dict(scope["headers"])
        headers = [
            (b"content-type", file.kind.encode()),
            (b"cache-control", f"public, max-age={MAX_AGE}".encode()),
            (b"etag", file.tag),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if asked.get(b"if-none-match") == file.tag:
            await _answer(send, 304, headers, b"")
            return
        body = file.body
        if file.packed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
            body = file.packed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await _answer(send, 200, headers, b"" if scope["method"] == "HEAD" else body)


def _kind(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
