"""Values inside objects: ``user.company.id`` is what stands there in the column ``user``. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tenure.facts.casts import literal, quote


def path(name: str, columns: Sequence[str]) -> tuple[str, list[str]] | None:
    """The column and the keys below it; None for a column's own name and for what is none.

    >>> path("user.company.id", ["user", "at"])
    ('user', ['company', 'id'])
    >>> path("user.id", ["user.id"])
    """
    if name in columns:
        return None
    parts = name.split(".")
    for size in range(len(parts) - 1, 0, -1):
        column = ".".join(parts[:size])
        if column in columns and all(parts[size:]):
            return column, parts[size:]
    return None


def expression(name: str, schema: pa.Schema) -> str:
    """The column, or the JSON of what stands below it, as SQL; empty if it is not there."""
    if name in schema.names:
        return quote(name)
    found = path(name, schema.names)
    if found is None:
        return ""
    column, keys = found
    return f"CAST(json_extract({_json(column, schema)}, {_pointer(keys)}) AS VARCHAR)"


def text(name: str, schema: pa.Schema) -> str:
    """The same as text: of JSON, a text without its quotes and nothing for an object or null."""
    if name in schema.names:
        return f"CAST({quote(name)} AS VARCHAR)"
    found = path(name, schema.names)
    if found is None:
        return ""
    column, keys = found
    source, pointer = _json(column, schema), _pointer(keys)
    kind = f"json_type({source}, {pointer})"
    value = f"json_extract_string({source}, {pointer})"
    return f"CASE WHEN {kind} NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN {value} END"


def _json(column: str, schema: pa.Schema) -> str:
    theirs = quote(column)
    if pa.types.is_nested(schema.field(column).type):
        return f"to_json({theirs})"
    plain = f"CAST({theirs} AS VARCHAR)"
    return f"CASE WHEN json_valid({plain}) THEN CAST({plain} AS JSON) END"


def _pointer(keys: Sequence[str]) -> str:
    parts = (key.replace("~", "~0").replace("/", "~1") for key in keys)
    return literal("".join(f"/{part}" for part in parts))
