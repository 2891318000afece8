"""Refused rows as JSON objects that a person can read, edit and send again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tenure.analytics.tables import Table

_OURS = frozenset({"_row", "_derived", "_timeless", "received_day", "source"})


def plain(row: Mapping[str, Any]) -> str:
    """Any row as JSON, without its empty values."""
    return json.dumps(
        {k: v for k, v in row.items() if v is not None}, default=_simple, ensure_ascii=False
    )


def refused(
    table: Table,
    raw: Mapping[str, Any],
    cast: Mapping[str, Any],
    wrong: str,
    major: Mapping[str, str],
) -> str:
    """A row with a ``wrong`` column: what could be read in place, the wrong value as it came.

    ``major`` names amounts that came in major units (``mrr_minor`` -> the column they came in);
    where they could not be read, or have no currency, they stay as they came.
    """
    known = {c.name for c in table.columns}
    row = {k: v for k, v in raw.items() if k not in known and k not in _OURS}
    for name in known:
        as_it_came = name in (wrong, table.extra) or cast.get(name) is None
        row[name] = raw.get(name) if as_it_came else cast[name]
    for name, column in major.items():
        if name == wrong or cast.get(name) is None or not cast.get("currency"):
            row.pop(name)
            row[name.removesuffix("_minor")] = raw.get(column)
    if raw.get(table.time) is None:
        row.pop(table.time, None)  # it was filled in, not told
    if cast.get("backfill"):
        row["backfill"] = True
    return plain(_opened(row, table.extra))


def landed(table: Table, row: Mapping[str, Any]) -> str:
    """A row that is well formed but broke a contract: exactly as it would have landed."""
    kept = {k: v for k, v in row.items() if k not in _OURS}
    return plain(_opened(kept, table.extra))


def _opened(row: dict[str, Any], column: str) -> dict[str, Any]:
    """Properties as an object, not as a text that holds one."""
    text = row.get(column)
    if isinstance(text, str):
        try:
            row[column] = json.loads(text)
        except ValueError:
            return row
    return row


def _simple(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
