"""Requests of PostHog's SDKs, as calls of the one shape the flush understands.

https://posthog.com/docs/api/capture. ``distinct_id`` is the person; ``$identify`` links the
device (``$anon_distinct_id``) and brings ``$set`` traits; ``$groupidentify`` describes a group;
``$groups`` on an event says which groups it counts for. The group type ``company`` (or
``organization``, ``account``; else the only one) is the account.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tenure.facts.calls import Call, Context, Invalid, Parsed, Parser, Text, misfit

ACCOUNT_TYPES = ("account", "company", "organization", "organisation", "workspace", "team")
_ONLY_OURS = ("$set", "$set_once", "$groups", "$group_type", "$group_key", "$group_set")


class _Event(msgspec.Struct, gc=False):
    event: Text = None
    distinct_id: Text = None
    uuid: Text = None
    timestamp: Text = None
    sent_at: Text = None
    offset: int | float | None = None
    engaged: Text = msgspec.field(default=None, name="$distinct_id")
    type: Text = None
    properties: dict[str, Any] = {}
    set: dict[str, Any] | None = msgspec.field(default=None, name="$set")
    set_once: dict[str, Any] | None = msgspec.field(default=None, name="$set_once")


class _Batch(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw]
    sent_at: Text = None
    created_at: Text = None


_event = msgspec.json.Decoder(_Event)
_events = msgspec.json.Decoder(list[msgspec.Raw])
_batch = msgspec.json.Decoder(_Batch)


def parse(body: bytes) -> Parsed:
    """The calls of ``/batch/``, ``/capture/``, ``/engage/`` and others: a batch, list or event."""
    try:
        items, sent_at = _items(body)
    except msgspec.ValidationError as error:
        return Parsed([], [misfit(body, error)])
    parsed = Parsed()
    for item in items:
        _add(parsed, item, sent_at)
    return parsed


def _items(body: bytes) -> tuple[list[msgspec.Raw], Text]:
    if body.lstrip()[:1] == b"[":
        return _events.decode(body), None
    try:
        found = _batch.decode(body)
        return found.batch, found.sent_at or found.created_at
    except msgspec.ValidationError:
        return [msgspec.Raw(body)], None


def _add(parsed: Parsed, item: msgspec.Raw, sent_at: Text) -> None:
    try:
        event = _event.decode(item)
    except msgspec.ValidationError as error:
        parsed.misfits.append(misfit(bytes(item), error))
        return
    event.sent_at = event.sent_at or sent_at
    try:
        parsed.calls.extend(to_calls(event))
    except (TypeError, ValueError) as error:
        parsed.misfits.append(
            Invalid(bytes(item).decode("utf-8", "replace"), "wrong_shape", value=str(error))
        )


def to_calls(event: _Event) -> list[Call]:
    """One PostHog event as calls: usually one, and an identify more when it brings traits.

    A browser tells no time but ``offset``: how many milliseconds before sending it was. What comes
    to ``/engage`` names a person (``$distinct_id``) and traits, and is no event.
    """
    if event.event is None and event.engaged is not None:
        event.event, event.distinct_id = "$set", event.engaged
    properties = event.properties
    call = Call(
        type="track",
        message_id=event.uuid,
        event=event.event,
        timestamp=event.timestamp,
        sent_at=event.sent_at,
        ago_ms=event.offset,
        context=Context(
            group_id=_account(properties), session_id=_plain(properties.get("$session_id"))
        ),
    )
    traits = _traits(event)
    _who(call, event, known=_is_known(event))
    if event.event == "$groupidentify":
        return _group(call, event)
    if event.event == "$create_alias":
        call.type, call.previous_id = (
            "alias",
            _plain(properties.get("distinct_id", event.distinct_id)),
        )
        call.user_id, call.anonymous_id = _plain(properties.get("alias")), None
        return [call]
    if event.event in ("$identify", "$set"):
        call.type = "identify"
        call.anonymous_id = _plain(properties.get("$anon_distinct_id"))
        call.user_id = event.distinct_id or _plain(properties.get("distinct_id"))
        call.traits = _raw(traits)
        return [call]
    _rename(call)
    call.properties = _raw({k: v for k, v in properties.items() if k not in _ONLY_OURS})
    return [call, _identify(call, traits)] if traits and call.user_id else [call]


def _who(call: Call, event: _Event, *, known: bool) -> None:
    who = (
        event.distinct_id
        if event.distinct_id is not None
        else _plain(event.properties.get("distinct_id"))
    )
    if known:
        call.user_id = who
        device = event.properties.get("$device_id")
        call.anonymous_id = device if isinstance(device, str) and device != who else None
    else:
        call.anonymous_id = who


def _is_known(event: _Event) -> bool:
    properties = event.properties
    if "$is_identified" in properties:
        return bool(properties["$is_identified"])
    if properties.get("$process_person_profile") is False:
        return False
    return "$device_id" not in properties or properties["$device_id"] != event.distinct_id


def _rename(call: Call) -> None:
    if call.event == "$pageview":
        call.type, call.event = "page", None
    elif call.event == "$screen":
        call.type, call.event = "screen", None


def _identify(call: Call, traits: dict[str, Any]) -> Call:
    return Call(
        type="identify",
        message_id=f"{call.message_id}#set" if call.message_id else None,
        user_id=call.user_id,
        timestamp=call.timestamp,
        sent_at=call.sent_at,
        ago_ms=call.ago_ms,
        traits=_raw(traits),
        context=call.context,
    )


def _group(call: Call, event: _Event) -> list[Call]:
    properties = event.properties
    if str(properties.get("$group_type", "")) not in ACCOUNT_TYPES and not _account(
        {"$groups": {properties.get("$group_type"): properties.get("$group_key")}}
    ):
        return []
    call.type, call.group_id = "group", _plain(properties.get("$group_key"))
    set_ = properties.get("$group_set")
    call.traits = _raw(set_ if isinstance(set_, dict) else {})
    # who sends it is made up by server SDKs; membership is told by the $groups of events
    call.user_id = call.anonymous_id = None
    return [call]


def _account(properties: dict[str, Any]) -> Text:
    groups = properties.get("$groups")
    if not isinstance(groups, dict) or not groups:
        return None
    for kind in ACCOUNT_TYPES:
        if kind in groups:
            return _plain(groups[kind])
    return _plain(next(iter(groups.values()))) if len(groups) == 1 else None


def _plain(value: Any) -> Text:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _traits(event: _Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in (
        event.properties.get("$set_once"),
        event.set_once,
        event.properties.get("$set"),
        event.set,
    ):
        if isinstance(part, dict):
            found.update(part)
    return found


def _raw(value: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def parsers() -> dict[str, Parser]:
    """Parsers by the endpoint under which requests are kept in the inbox."""
    return {"posthog": parse}
