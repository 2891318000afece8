"""From calls to columns: what each call says, when it happened, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts import times
from tenure.facts.calls import Call, Text
from tenure.facts.ingest_policy import IngestPolicy

Integers = np.ndarray[Any, np.dtype[np.int64]]
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
    for i, call in enumerate(calls):
        if call.ago_ms is not None and original[i] == times.NEVER:
            happened[i] = times.before(int(received[i]), call.ago_ms)
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
