"""Real servers on loopback that take mail and posts, and can be told to misbehave."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOON = datetime.fromisoformat("2026-03-11T12:00:00+00:00")  # a Wednesday


class Clock:
    """A clock that stands until told to move."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Mailbox:
    """A mail server: what it took, and how it behaves now.

    ``mood``: well, refuse (450), no-such (550), spam (550 5.7.1), not-you (refuses the sender),
    drop (closes in the middle of the message, after keeping it), cut (closes before the message),
    hang (never answers the message), mute (never even greets).
    """

    mood: str = "well"
    mails: list[Message] = field(default_factory=list)
    port: int = 0
    pause: float = 0.0  # seconds before a message is taken
    answered: threading.Event = field(default_factory=threading.Event)


class _Smtp(socketserver.StreamRequestHandler):
    box: Mailbox

    def handle(self) -> None:
        if self.box.mood == "mute":
            self.box.answered.wait(30)
            return
        self.say("220 test")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                if not self.data():
                    return
            elif verb == b"QUIT":
                self.say("221 bye")
                return
            elif verb == b"RCPT" and not self.recipient():
                return
            elif verb == b"MAIL" and self.box.mood == "not-you":
                self.say("550 5.7.1 sender not allowed")
            elif verb != b"RCPT":
                self.say("250 ok")

    def recipient(self) -> bool:
        if self.box.mood == "cut":
            return False
        self.say(
            {
                "refuse": "450 later",
                "no-such": "550 no such mailbox",
                "spam": "550 5.7.1 refused by policy",
            }.get(self.box.mood, "250 ok")
        )
        return True

    def data(self) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        time.sleep(self.box.pause)
        self.box.mails.append(message_from_bytes(b"".join(lines), policy=default))
        if self.box.mood == "drop":
            return False
        if self.box.mood == "hang":
            self.box.answered.wait(30)
            return False
        self.say("250 taken")
        return True

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """Clients that die are what these tests are about."""


@contextmanager
def mail_server(box: Mailbox) -> Iterator[Mailbox]:
    """A mail server that fills ``box``."""
    with _Server(("127.0.0.1", box.port), type("Smtp", (_Smtp,), {"box": box})) as server:
        box.port = server.server_address[1]
        yield from _running(server, box)
        box.answered.set()


@dataclass
class Posted:
    """A receiver of posts: what came (headers, body), and the status it answers with now;
    status 0 closes the connection without an answer, after taking what came."""

    status: int = 200
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    pause: float = 0.0  # seconds before a post is answered
    retry_after: str = ""  # the header, if any
    body: bytes = b""  # of the answer


class _Http(BaseHTTPRequestHandler):
    kept: Posted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.kept.posts.append(({k.lower(): v for k, v in self.headers.items()}, body))
        time.sleep(self.kept.pause)
        if self.kept.status == 0:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(self.kept.status)
        if 300 <= self.kept.status < 400:
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
        if self.kept.retry_after:
            self.send_header("retry-after", self.kept.retry_after)
        self.send_header("content-length", str(len(self.kept.body)))
        self.end_headers()
        self.wfile.write(self.kept.body)

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@contextmanager
def receiver(kept: Posted) -> Iterator[Posted]:
    """An HTTP receiver that fills ``kept``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Http", (_Http,), {"kept": kept}))
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield from _running(server, kept)
    server.server_close()


def _running(server: Any, gives: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield gives
    finally:
        server.shutdown()
        thread.join()
