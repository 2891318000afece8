"""From calls to columns: what each call says, when it happened, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts import times
from tenure.facts.calls import KINDS, Call, Misfit, Text
from tenure.facts.ingest_policy import IngestPolicy

Integers = np.ndarray[Any, np.dtype[np.int64]]
Fault = Iterator[tuple[int, str, str, str]]
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_OUTSIDE = re.compile(r"[{}\[\]]")
_TITLES = {"identify": "Identified", "group": "Grouped", "alias": "Aliased"}


@dataclass
class Draft:
    """The calls of a batch, column by column, with the place each came from."""

    calls: list[Call] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)  # inbox row of each call
    places: list[int] = field(default_factory=list)  # position within that request
    received: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    with_nul: bool = False  # some request holds a NUL character, which JSON always escapes

    def add(self, calls: list[Call], row: int, received: int, source: str) -> None:
        """Take in the calls of one request."""
        count = len(calls)
        self.calls += calls
        self.rows += [row] * count
        self.places += range(count)
        self.received += [received] * count
        self.sources += [source] * count

    def keep(self, which: Sequence[int]) -> Draft:
        """Only the calls at these positions."""
        kept = Draft(with_nul=self.with_nul)
        for mine, column in zip(kept.columns(), self.columns(), strict=True):
            mine += [column[i] for i in which]
        return kept

    def columns(self) -> list[list[Any]]:
        """Calls, rows, places, times received and sources, position by position."""
        return [self.calls, self.rows, self.places, self.received, self.sources]

    def __len__(self) -> int:
        return len(self.calls)


@dataclass
class Columns:
    """The columns of a draft as the lake will have them, before it is known whose they are."""

    ids: list[str]
    kinds: list[str]
    names: list[str]
    users: list[str | None]
    anonymous: list[str | None]
    groups: list[str | None]
    sessions: list[str | None]
    properties: pa.Array
    happened: Integers
    original: Integers
    received: Integers
    _arrays: dict[str, pa.Array] = field(default_factory=dict)

    @cached_property
    def some(self) -> frozenset[str]:
        """The kinds of call that are there."""
        return frozenset(self.kinds)

    def array(self, name: str) -> pa.Array:
        """One of the text columns as Arrow, made once."""
        if name not in self._arrays:
            self._arrays[name] = pa.array(getattr(self, name), pa.string())
        return self._arrays[name]


def columns(draft: Draft, policy: IngestPolicy) -> Columns:
    """Read a draft into columns. Every call gets a message id, if need be one of our making."""
    calls = draft.calls
    kinds = [c.type for c in calls]
    original = times.micros([c.original_timestamp or c.timestamp for c in calls])
    sent = times.micros([c.sent_at for c in calls])
    received = np.array(draft.received, np.int64)
    clock = policy.clock
    happened = times.corrected(
        original,
        sent,
        received,
        ignore_below=clock.ignore_below_seconds,
        most=clock.most_seconds,
        earliest=times.of_day(clock.earliest),
    )
    late = (happened > received) & (happened <= received + int(clock.future_seconds * 1e6))
    contexts = [c.context for c in calls]
    return Columns(
        ids=_ids(draft, original),
        kinds=kinds,
        names=_names(calls, kinds),
        users=_texts([c.user_id for c in calls]),
        anonymous=_texts([c.anonymous_id for c in calls]),
        groups=_texts(
            [
                x.group_id if g is None and x is not None else g
                for g, x in zip([c.group_id for c in calls], contexts, strict=True)
            ]
        ),
        sessions=_texts([None if x is None else x.session_id for x in contexts]),
        properties=_properties(calls),
        happened=np.where(late, received, happened),
        original=original,
        received=received,
    )


_PLAIN = {str, type(None)}


def _texts(values: list[Text]) -> list[str | None]:
    if set(map(type, values)) <= _PLAIN and "" not in values:
        return values  # type: ignore[return-value]
    return [v if type(v) is str and v else text(v) for v in values]


def text(value: Text) -> str | None:
    """An id as text; numbers as they are written, nothing as None.

    >>> text(42), text(42.0), text(""), text("a")
    ('42', '42', None, 'a')
    """
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _group(call: Call) -> Text:
    if call.group_id is not None:
        return call.group_id
    return call.context.group_id if call.context else None


def _name(call: Call) -> str:
    kind = call.type
    if kind in ("track", "own"):
        return str(call.event) if call.event is not None else ""
    if kind in ("page", "screen"):
        title = f"{kind.title()} Viewed"
        return f"{call.name} {title}" if call.name else title
    return _TITLES.get(kind, kind)


def _names(calls: list[Call], kinds: list[str]) -> list[str]:
    names = [c.event for c in calls]
    if set(kinds) <= {"track", "own"} and set(map(type, names)) <= {str}:
        return names  # type: ignore[return-value]
    return [_name(c) for c in calls]


def _ids(draft: Draft, original: Integers) -> list[str]:
    ids = [c.message_id for c in draft.calls]
    if set(map(type, ids)) <= {str} and "" not in ids:
        return ids  # type: ignore[return-value]
    return [
        found if type(found) is str and found else _own_id(draft, i, original)
        for i, found in enumerate(ids)
    ]


def _own_id(draft: Draft, i: int, original: Integers) -> str:
    """A fact without id but with its own time is known by its content; else by its place."""
    call = draft.calls[i]
    if call.message_id:
        return str(call.message_id)
    if original[i] == times.NEVER:
        return f"inbox:{draft.rows[i]}:{draft.places[i]}"
    said = (call.type, call.event, call.name, call.user_id, call.anonymous_id, _group(call))
    content = repr((draft.sources[i], original[i], said)).encode("utf-8", "surrogatepass")
    content += bytes(call.properties) + bytes(call.traits)
    return f"content:{blake2b(content, digest_size=16).hexdigest()}"


def _properties(calls: list[Call]) -> pa.Array:
    raw = [bytes(c.properties or traits_of(c)) for c in calls]
    found = pa.array(raw, pa.binary()).cast(pa.string())
    if (pc.min(pc.binary_length(found)).as_py() or 0) > len("null"):
        return found
    empty = pc.or_(pc.equal(found, ""), pc.equal(found, "null"))
    return pc.if_else(empty, pa.scalar("{}"), found) if pc.any(empty).as_py() else found


def traits_of(call: Call) -> Any:
    """The traits of a call, wherever the SDK puts them."""
    if call.traits or call.type not in ("identify", "group"):
        return call.traits
    return call.context.traits if call.context else call.traits


def faults(draft: Draft, found: Columns, policy: IngestPolicy) -> dict[int, Misfit]:
    """What is wrong, by position; the first fault of each call counts."""
    bad: dict[int, Misfit] = {}
    for position, code, name, value in _faults(draft, found, policy):
        if position not in bad:
            payload = payload_of(draft.calls[position], found, position)
            bad[position] = Misfit(payload, code, name, value, found.ids[position][:255])
    return bad


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
    yield from _time_faults(draft, found, policy)
    yield from _depth_faults(found, policy)


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
