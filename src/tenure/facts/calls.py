"""The calls SDKs make, in the one shape the flush understands (that of the Segment spec).

A *parser* turns the body of one request into calls; each protocol's parser lives in its folder in
``connectors``. What cannot be a call is a ``Misfit``: quarantined, never dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

Text = str | int | float | None
NOTHING = msgspec.Raw(b"")


class Context(msgspec.Struct, rename="camel", gc=False):
    """The parts of ``context`` that say who and where."""

    group_id: Text = None
    session_id: Text = None
    traits: msgspec.Raw = NOTHING


class Call(msgspec.Struct, rename="camel", gc=False):
    """One track, identify, group, page, screen or alias call; ``own`` for what Tenure did.

    ``ago_ms`` is how long before it was received it happened, of senders that tell no time.
    """

    type: str = ""
    message_id: Text = None
    event: Text = None
    name: Text = None
    user_id: Text = None
    anonymous_id: Text = None
    previous_id: Text = None
    group_id: Text = None
    timestamp: Text = None
    original_timestamp: Text = None
    sent_at: Text = None
    ago_ms: int | float | None = None
    properties: msgspec.Raw = NOTHING
    traits: msgspec.Raw = NOTHING
    context: Context | None = None


@dataclass(frozen=True)
class Invalid:
    """Something in a request that is no call: the text as it came, and what is wrong with it."""

    payload: str
    code: str
    field: str = ""
    value: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Parsed:
    """What one request said."""

    calls: list[Call] = field(default_factory=list)
    misfits: list[Invalid] = field(default_factory=list)


Parser = Callable[[bytes], Parsed]
KINDS = ("track", "identify", "group", "page", "screen", "alias", "own")

_call = msgspec.json.Decoder(Call)


def one_by_one(items: list[msgspec.Raw]) -> Parsed:
    """Decode calls singly, so that one that is wrong does not take the others with it."""
    parsed = Parsed()
    for item in items:
        try:
            parsed.calls.append(_call.decode(item))
        except (msgspec.DecodeError, RecursionError) as error:
            parsed.misfits.append(misfit(bytes(item), error))
    return parsed


def misfit(body: bytes, error: Exception) -> Invalid:
    """Why ``body`` could not be decoded, with the field if the decoder named one."""
    problem, _, path = str(error).partition(" - at `$.")
    return Invalid(body.decode("utf-8", "replace"), "wrong_shape", path.rstrip("`"), problem)
