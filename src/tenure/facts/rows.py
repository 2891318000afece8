"""Rows as Python dictionaries into Arrow columns, whatever their types."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tenure.facts.sql import JSON_MARK

_MARK = {JSON_MARK: b"1"}
NAMELESS = "(no name)"
"""Where a key is empty: no engine knows a column without a name, nor one with a NUL in it."""


def to_arrow(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A column per key; mixed types become text, objects and lists JSON. Never fails on a value.

    >>> to_arrow([{"a": 1, "b": {"x": 1}}, {"a": "two"}]).to_pylist()
    [{'a': '1', 'b': '{"x":1}'}, {'a': 'two', 'b': None}]
    """
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if rows and not keys:
        return pa.table({"nothing": pa.nulls(len(rows))})
    fields: list[pa.Field] = []
    columns = []
    for key in keys:
        name, (column, marked) = _name(key, fields), _column([row.get(key) for row in rows])
        fields.append(pa.field(name, column.type, metadata=_MARK if marked else None))
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _name(key: object, before: Sequence[pa.Field]) -> str:
    """The name of a column: never empty, and none that is there already."""
    name = _clean(str(key)).replace("\0", "") or NAMELESS
    taken = {f.name for f in before}
    while name in taken:
        name += "_"
    return name


def _column(values: list[Any]) -> tuple[pa.Array, bool]:
    kinds = {type(v) for v in values if v is not None}
    if kinds & {dict, list, tuple}:
        return pa.array([_json(v) for v in values], pa.string()), True
    if len(kinds) <= 1 and kinds <= {bool, int, float, str, datetime, date}:
        try:
            return pa.array(values), False
        except (pa.ArrowInvalid, UnicodeEncodeError, OverflowError):
            pass
    if kinds == {int, float}:
        return pa.array([None if v is None else float(v) for v in values]), False
    return pa.array([_text(v) for v in values], pa.string()), False


def _json(value: Any) -> str | None:
    if value is None or value == "":  # as in a column of texts alone
        return None
    return _clean(json.dumps(value, separators=(",", ":"), default=str))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return _clean(str(value))


def _clean(text: str) -> str:
    """Text that UTF-8 can hold (a lone surrogate becomes a question mark)."""
    return text.encode("utf-8", "replace").decode()
