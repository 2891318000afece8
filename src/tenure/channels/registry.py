"""The channels there are: one folder each, one line here each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

HandOver = Callable[[], None]
"""Called by a channel right before what it sends cannot be taken back: commits that it began."""


@dataclass(frozen=True)
class Parcel:
    """What a channel sends: ``id`` is the same at every attempt."""

    id: str
    address: str
    content: Mapping[str, Any]
    purpose: str
    recipient: str
    transactional: bool
    key: str = ""  # of the message, for channels that keep what became of it


class Unreachable(Exception):  # noqa: N818 - says what is so, of the channel
    """The way out is closed for every message (no server, no connection): try later."""


class Refused(Exception):  # noqa: N818
    """The other side said no to this message. ``final``: it will say no again. ``status`` is its
    answer's number, ``after_seconds`` how long it asks us to wait."""

    def __init__(
        self,
        reason: str,
        *,
        final: bool,
        suppress: bool = False,
        status: int = 0,
        after_seconds: float = 0,
    ) -> None:
        super().__init__(reason)
        self.final, self.suppress = final, suppress
        self.status, self.after_seconds = status, after_seconds


class InDoubt(Exception):  # noqa: N818
    """The connection broke while the message was on its way: nobody knows whether it arrived."""


Send = Callable[[Parcel, HandOver], str]


class Channel(Protocol):
    """A way out. ``repeatable``: the receiver recognises a message that comes again."""

    name: str
    repeatable: bool

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError if this could never be sent."""

    def session(self) -> AbstractContextManager[Send]:
        """A connection for a few messages; Unreachable if there is none."""


CHANNELS = {
    "mail": "tenure.channels.mail.transport:MAIL",
    "webhook": "tenure.channels.webhook.transport:WEBHOOK",
    "chat": "tenure.channels.chat.transport:CHAT",
    "in_app": "tenure.channels.in_app.transport:IN_APP",
    "push": "tenure.channels.push.transport:PUSH",
}


def channel(name: str) -> Channel:
    """The channel called ``name``; KeyError if there is none."""
    module, _, thing = CHANNELS[name].partition(":")
    found: Channel = getattr(import_module(module), thing)
    return found
