"""Requests in the Segment spec, as sent by the SDKs of Segment, RudderStack and those like them.

https://segment.com/docs/connections/spec/ describes the calls. Known differences between senders:
RudderStack's SDKs put the traits of identify into ``context.traits`` and call the time
``originalTimestamp``; Segment's Python SDK puts the group into ``context.groupId``; batches may
carry ``sentAt`` once for all.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tenure.facts.calls import Call, Invalid, Parsed, Parser, Text, misfit, one_by_one

KINDS = {
    "track": "track",
    "t": "track",
    "identify": "identify",
    "i": "identify",
    "group": "group",
    "g": "group",
    "page": "page",
    "p": "page",
    "screen": "screen",
    "s": "screen",
    "alias": "alias",
    "a": "alias",
}
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


class _Same(msgspec.Struct, gc=False):
    type: str = ""
    value: Text = None


class _Merge(msgspec.Struct, rename="camel", gc=False):
    merge_properties: list[_Same] = []


_merge = msgspec.json.Decoder(_Merge)
_IDS = ("user_id", "userid", "anonymous_id", "anonymousid")


def parse_merge(body: bytes) -> Parsed:
    """RudderStack's merge: two ids of one person are an alias; of anything else (mail addresses,
    phone numbers) it is an event that says so."""
    parsed = parse_single("track")(body)
    try:
        same = _merge.decode(body).merge_properties
    except msgspec.ValidationError as error:
        return Parsed([], [misfit(body, error)])
    for call in parsed.calls:
        if len(same) == 2 and all(one.type.lower() in _IDS for one in same):
            # An anonymous id becomes known; of two user ids the first stays.
            kept, gone = sorted(same, key=lambda one: one.type.lower().startswith("anonymous"))
            call.type, call.user_id, call.previous_id = "alias", kept.value, gone.value
            call.anonymous_id = None
        else:
            call.event = "Merged"
            told = {"merge_properties": [{"type": s.type, "value": s.value} for s in same]}
            call.properties = msgspec.Raw(msgspec.json.encode(told))
    return parsed


def parsers() -> dict[str, Parser | Callable[[bytes], Parsed]]:
    """Parsers by the endpoint under which requests are kept in the inbox."""
    single = {f"segment:{kind}": parse_single(kind) for kind in sorted(set(KINDS.values()))}
    return {"segment:batch": parse_batch, "segment:merge": parse_merge, **single}


__all__ = ["KINDS", "Invalid", "parse_batch", "parse_merge", "parse_single", "parsers"]
