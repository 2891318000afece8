"""Many rows into a state table at once, without the cost of an object a row.

A hundred thousand accounts take seconds this way; ``bulk_create`` takes five times as long, all of
it in building its statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

ROWS = 500


def upsert(
    model: type[Model],
    rows: Sequence[dict[str, Any]],
    key: Sequence[str],
    update: Sequence[str],
    *,
    widen: Sequence[tuple[str, str]] = (),
) -> None:
    """Insert ``rows`` (column to value, all with the same columns); where ``key`` is there already,
    set the columns ``update``. ``widen`` names columns of which the least or most value stays
    (``("last_seen_at", "most")``)."""
    if not rows:
        return
    columns = list(rows[0])
    head = f"INSERT INTO {_name(model._meta.db_table)} ({', '.join(map(_name, columns))}) VALUES "
    one = f"({', '.join(['%s'] * len(columns))})"
    tail = _conflict(model, key, update, widen)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), ROWS):
            some = rows[start : start + ROWS]
            values = [_adapted(row[c]) for row in some for c in columns]
            cursor.execute(head + ", ".join([one] * len(some)) + tail, values)


def _conflict(
    model: type[Model],
    key: Sequence[str],
    update: Sequence[str],
    widen: Sequence[tuple[str, str]],
) -> str:
    sets = [f"{_name(c)} = excluded.{_name(c)}" for c in update]
    table = _name(model._meta.db_table)
    sqlite = connection.vendor == "sqlite"
    functions = {"least": "min" if sqlite else "least", "most": "max" if sqlite else "greatest"}
    for column, which in widen:
        mine, theirs = f"{table}.{_name(column)}", f"excluded.{_name(column)}"
        wider = f"{functions[which]}(coalesce({mine}, {theirs}), coalesce({theirs}, {mine}))"
        sets.append(f"{_name(column)} = {wider}")
    action = f"UPDATE SET {', '.join(sets)}" if sets else "NOTHING"
    return f" ON CONFLICT ({', '.join(map(_name, key))}) DO {action}"


def _name(name: str) -> str:
    return connection.ops.quote_name(name)


def _adapted(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, dict):
        return json.dumps(value)
    return value
