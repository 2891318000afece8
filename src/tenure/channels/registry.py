"""The channels there are: one folder each, and its name here.

A folder has a ``kind.py`` (what the channel is: see ``kinds``) and a ``transport.py`` (how a
message leaves). It may bring a ``policy.toml`` with its sections of the policy ``channels``, so
that texts of that policy from before the channel hold.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from tenure.channels.kinds import Kind

NAMES = ("mail", "webhook", "chat", "in_app", "push")

HandOver = Callable[[], None]
"""Called by a channel right before what it sends cannot be taken back: commits that it began."""


@dataclass(frozen=True)
class OutboundMessage:
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


class Rejected(Exception):  # noqa: N818
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


Send = Callable[[OutboundMessage, HandOver], str]


class Channel:
    """How the messages of a channel leave. ``repeatable``: the receiver recognises a message that
    comes again."""

    name: str
    repeatable: bool = False

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError if this could never be sent."""
        raise NotImplementedError

    def session(self) -> AbstractContextManager[Send]:
        """A connection for a few messages; Unreachable if there is none."""
        raise NotImplementedError

    def reachable(self, prefix: str) -> Any:
        """Which people can be reached, as a condition on ``Person`` (``prefix`` leads there); None:
        everybody."""
        del prefix
        return None

    def barred(self, message: Any, why: str, now: datetime) -> None:
        """Its address was said to be no good, in the transaction that writes it down."""

    def shown(self, content: Mapping[str, Any]) -> tuple[str, str] | None:
        """A message as text and HTML, where it is more than its words."""
        del content
        return None


@cache
def channel(name: str) -> Channel:
    """How the messages of a channel leave; KeyError if there is no such channel."""
    kinds()[name]
    found: Channel = import_module(f"tenure.channels.{name}.transport").TRANSPORT
    return found


@cache
def kinds() -> Mapping[str, Kind[Any]]:
    """What every channel is, by name."""
    return {name: import_module(f"tenure.channels.{name}.kind").KIND for name in NAMES}


def kind(name: str) -> Kind[Any]:
    """What a channel is; KeyError if there is no such channel."""
    return kinds()[name]


def addressed_to(what: str) -> tuple[str, ...]:
    """The channels whose messages are addressed to an ``email``, a ``person``, an ``endpoint``."""
    return tuple(name for name, found in kinds().items() if found.to == what)


@cache
def packaged_sections() -> Mapping[str, Any]:
    """The sections of the policy ``channels`` that channels bring along in their folders."""
    found: dict[str, Any] = {"channels": {}}
    for name in NAMES:
        file = files(f"tenure.channels.{name}") / "policy.toml"
        if file.is_file():
            told = tomllib.loads(file.read_text("utf-8"))
            found["channels"] |= told.pop("channels", {})
            found |= told
    return found
