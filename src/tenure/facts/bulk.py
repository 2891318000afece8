"""Many rows at once, past the ORM's cost a row; the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model


def select(
    model: type[Model], columns: Sequence[str], key: str, ids: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """``columns`` of the rows whose ``key`` is among ``ids``; times come as SQLite keeps them
    (text) or as datetimes, see ``micros``."""
    names = ", ".join(columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            among, given = "(SELECT value FROM json_each(%s))", msgspec.json.encode(ids).decode()
            cursor.execute(f"SELECT {names} FROM {table} WHERE {key} IN {among}", [given])
        else:
            cursor.execute(f"SELECT {names} FROM {table} WHERE {key} = ANY(%s)", [list(ids)])
        return list(cursor.fetchall())


def delete(model: type[Model], ids: Sequence[int]) -> None:
    """Delete rows of a table that nothing refers to."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            given = msgspec.json.encode(ids).decode()
            cursor.execute(
                f"DELETE FROM {table} WHERE id IN (SELECT value FROM json_each(%s))", [given]
            )
        else:
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s)", [list(ids)])


def upsert(
    model: type[Model],
    columns: Sequence[str],
    unique: Sequence[str],
    update: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Insert ``rows``; where ``unique`` columns exist already, set ``update`` columns instead."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in update)
    marks = ", ".join(["%s"] * len(columns))
    statement = (
        f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks}) "
        f"ON CONFLICT ({', '.join(unique)}) DO UPDATE SET {changes}"
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int) -> Any:
    """Microseconds since 1970 as the database takes a time."""
    found = datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
    if connection.vendor == "sqlite":
        return found.replace(tzinfo=None).isoformat(" ")
    return found


def as_datetime(kept: Any) -> datetime:
    """A time as ``select`` gives it, with its zone."""
    found: datetime = datetime.fromisoformat(kept) if isinstance(kept, str) else kept
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def micros(kept: Any) -> int:
    """The reverse of ``moment``."""
    found = as_datetime(kept)
    seconds = int((found - _EPOCH).total_seconds() // 1)
    return seconds * 1_000_000 + found.microsecond
