"""What is wrong with calls, by column: shape, texts, times, depth."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts import home_zones, times, traits
from tenure.facts.calls import KINDS, Call, Invalid
from tenure.facts.frame import Columns, Draft, text, traits_of
from tenure.facts.ingest_policy import IngestPolicy

Fault = Iterator[tuple[int, str, str, str]]
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ABOUT_PEOPLE = ("identify", "group", "alias")
_OUTSIDE = re.compile(r"[{}\[\]]")


def faults(draft: Draft, found: Columns, policy: IngestPolicy) -> dict[int, Invalid]:
    """What is wrong, by position; the first fault of each call counts."""
    bad: dict[int, Invalid] = {}
    for position, code, name, value in _faults(draft, found, policy):
        if position not in bad:
            call = draft.calls[position]
            # What says who is who: sent again, it has to say so again.
            whole = code == "not_zone" or (code == "placeholder" and call.type in _ABOUT_PEOPLE)
            payload = (_call if whole else payload_of)(call, found, position)
            bad[position] = Invalid(payload, code, name, value, found.ids[position][:255])
    return bad


def _call(call: Call, found: Columns, i: int) -> str:
    """An identify, group or alias call as it came, as JSON that can be repaired and replayed."""
    row = {
        "type": call.type,
        "messageId": found.ids[i],
        "userId": found.users[i],
        "anonymousId": found.anonymous[i],
        "previousId": call.previous_id,
        "groupId": found.groups[i] if call.type == "group" else None,
        "timestamp": call.original_timestamp or call.timestamp,
        "traits": msgspec.Raw(bytes(traits_of(call)) or b"{}"),
        "context": {"groupId": found.groups[i]} if found.groups[i] else None,
    }
    known = {name: value for name, value in row.items() if value is not None}
    return msgspec.json.encode(known).decode("utf-8", "replace")


def payload_of(call: Call, found: Columns, i: int) -> str:
    """A call as the event it would have become, as JSON text that can be repaired and replayed."""
    row = {
        "message_id": found.ids[i],
        "kind": found.kinds[i],
        "event": found.names[i],
        "person_id": found.users[i],
        "anonymous_id": found.anonymous[i],
        "account_id": found.groups[i],
        "session_id": found.sessions[i],
        "timestamp": call.original_timestamp or call.timestamp,
        "properties": msgspec.Raw((found.properties[i].as_py() or "{}").encode()),
    }
    known = {name: value for name, value in row.items() if value is not None}
    return msgspec.json.encode(known).decode("utf-8", "replace")


def _faults(draft: Draft, found: Columns, policy: IngestPolicy) -> Fault:
    yield from _shape_faults(found)
    yield from _text_faults(found, policy, draft.with_nul)
    yield from _placeholders(draft, found, policy)
    yield from _time_faults(draft, found, policy)
    yield from _depth_faults(found, policy)
    yield from _zone_faults(draft, found)


def _zone_faults(draft: Draft, found: Columns) -> Fault:
    """People whose time zone is not clear: they would be written to at night."""
    if "identify" not in found.some:
        return
    for i, kind in enumerate(found.kinds):
        raw = bytes(traits_of(draft.calls[i])) if kind == "identify" else b""
        if b'"timezone"' not in raw:
            continue
        told = traits.read(raw).get("timezone")
        text = str(told).strip() if isinstance(told, str | int | float) else ""
        if text and home_zones.named(text) is None:
            yield i, "not_zone", "timezone", text


def _shape_faults(found: Columns) -> Fault:
    if not found.some.issubset(KINDS):
        for i, kind in enumerate(found.kinds):
            if kind not in KINDS:
                yield i, "unknown_kind", "type", kind
    shortest = pc.min(pc.binary_length(found.array("names"))).as_py()
    for i, name in enumerate(found.names) if shortest == 0 else ():
        if not name:
            yield i, "missing", "event", ""
    if found.array("users").null_count or "group" in found.some:
        yield from _ownerless(found)


def _ownerless(found: Columns) -> Fault:
    whose = zip(found.users, found.anonymous, found.groups, found.kinds, strict=True)
    for i, (user, anonymous, group, kind) in enumerate(whose):
        if not (user or anonymous or group) and kind != "own":
            yield i, "nobody", "userId", kind
        elif kind == "group" and not group:
            yield i, "missing", "groupId", ""


def _text_faults(found: Columns, policy: IngestPolicy, with_nul: bool) -> Fault:
    most = policy.limits.fact_characters
    for name, column_name, limit in (
        ("messageId", "ids", most),
        ("event", "names", policy.limits.name_characters),
        ("userId", "users", most),
        ("anonymousId", "anonymous", most),
        ("groupId", "groups", most),
        ("sessionId", "sessions", most),
    ):
        column = found.array(column_name)
        if column.null_count == len(column):
            continue
        longest = pc.max(pc.binary_length(column)).as_py() or 0
        if longest > limit:
            yield from _where(pc.greater(pc.utf8_length(column), limit), "too_long", name)
        if with_nul:
            yield from _where(pc.match_substring(column, "\0"), "nul_character", name)


def _placeholders(draft: Draft, found: Columns, policy: IngestPolicy) -> Fault:
    """Ids that stand for nobody. What Tenure writes itself names whom it has."""
    listed = policy.ids.listed
    for name, column_name in (
        ("messageId", "ids"),
        ("userId", "users"),
        ("anonymousId", "anonymous"),
        ("groupId", "groups"),
    ):
        column = found.array(column_name)
        if column.null_count == len(column):
            continue
        for i in np.flatnonzero(np.asarray(pc.fill_null(listed.mask(column), False))):
            if found.kinds[i] != "own":
                yield int(i), "placeholder", name, str(column[int(i)])
    for place, kind in enumerate(found.kinds) if "alias" in found.some else ():
        previous = text(draft.calls[place].previous_id) if kind == "alias" else None
        if previous is not None and listed.holds(previous):
            yield place, "placeholder", "previousId", previous


def _where(mask: pa.Array, code: str, name: str) -> Fault:
    for i in np.flatnonzero(np.asarray(pc.fill_null(mask, False))):
        yield int(i), code, name, ""


def _time_faults(draft: Draft, found: Columns, policy: IngestPolicy) -> Fault:
    unread = found.original == times.NEVER
    for i in np.flatnonzero(unread):
        call = draft.calls[i]
        given = call.original_timestamp or call.timestamp
        if given is not None and given != "":
            yield int(i), "not_timestamp", "timestamp", repr(given)[:120]
    for i in np.flatnonzero(found.happened > found.received):
        yield int(i), "in_future", "timestamp", str(_shown(found.happened[i]))
    for i in np.flatnonzero(found.happened < times.of_day(policy.clock.earliest)):
        yield int(i), "too_old", "timestamp", str(_shown(found.happened[i]))


def _shown(moment: int) -> object:
    return np.datetime64(int(moment), "us")


def _depth_faults(found: Columns, policy: IngestPolicy) -> Fault:
    limit = policy.limits.depth
    longest = pc.max(pc.binary_length(found.properties)).as_py() or 0
    if longest < 2 * limit:  # every level opens and closes
        return
    opened = pc.add(
        pc.count_substring(found.properties, "{"), pc.count_substring(found.properties, "[")
    )
    for i in np.flatnonzero(np.asarray(pc.greater(opened, limit))):
        if depth(found.properties[int(i)].as_py()) > limit:
            yield int(i), "too_deep", "properties", ""


def depth(json_text: str) -> int:
    """How deep a JSON text nests.

    >>> depth('{"a": [1, {"b": "[[[["}]}')
    3
    """
    deepest = level = 0
    for character in _OUTSIDE.findall(_QUOTED.sub("", json_text)):
        level += 1 if character in "{[" else -1
        deepest = max(deepest, level)
    return deepest
