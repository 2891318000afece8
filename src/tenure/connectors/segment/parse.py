"""Requests in the Segment spec, as sent by the SDKs of Segment, RudderStack and those like them.

https://segment.com/docs/connections/spec/ describes the calls. Known differences between senders:
RudderStack's SDKs put the traits of identify into ``context.traits`` and call the time
``originalTimestamp``; Segment's Python SDK puts the group into ``context.groupId``; batches may
carry ``sentAt`` once for all.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tenure.facts.calls import Call, Misfit, Parsed, Parser, Text, misfit, one_by_one

KINDS = {
    "track": "track", "t": "track",
    "identify": "identify", "i": "identify",
    "group": "group", "g": "group",
    "page": "page", "p": "page",
    "screen": "screen", "s": "screen",
    "alias": "alias", "a": "alias",
}  # fmt: skip
"""The last part of a path, and the kind of call it stands for."""


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[Call]
    sent_at: Text = None


class _Loose(msgspec.Struct, rename="camel", gc=False):
    batch: list[msgspec.Raw]
    sent_at: Text = None


_batch = msgspec.json.Decoder(_Batch)
_loose = msgspec.json.Decoder(_Loose)
_call = msgspec.json.Decoder(Call)


def parse_batch(body: bytes) -> Parsed:
    """The calls of ``/v1/batch``; calls that are wrong become misfits, the others stay."""
    try:
        found = _batch.decode(body)
        parsed, sent_at = Parsed(found.batch), found.sent_at
    except msgspec.ValidationError:
        try:
            loose = _loose.decode(body)
        except msgspec.ValidationError as error:
            return Parsed([], [misfit(body, error)])
        parsed, sent_at = one_by_one(loose.batch), loose.sent_at
    for call in parsed.calls if sent_at is not None else ():
        if call.sent_at is None:
            call.sent_at = sent_at
    return parsed


def parse_single(kind: str) -> Parser:
    """The parser of one kind's path: the path says the kind, whatever the body says."""

    def parse(body: bytes) -> Parsed:
        try:
            call = _call.decode(body)
        except msgspec.ValidationError as error:
            return Parsed([], [misfit(body, error)])
        call.type = kind
        return Parsed([call])

    return parse


def parsers() -> dict[str, Parser | Callable[[bytes], Parsed]]:
    """Parsers by the endpoint under which requests are kept in the inbox."""
    single = {f"segment:{kind}": parse_single(kind) for kind in sorted(set(KINDS.values()))}
    return {"segment:batch": parse_batch, **single}


__all__ = ["KINDS", "Misfit", "parse_batch", "parse_single", "parsers"]
