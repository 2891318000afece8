"""Counting what each source brings, for freshness and volume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection

from tenure.facts.models import Source, SourceDay

Key = tuple[str, str, str, date]
"""Source, table, name (of the event; empty for other tables), UTC day received."""


def count(
    rows: Mapping[Key, int], *, now: datetime, refused: Mapping[str, int] | None = None
) -> None:
    """Add newly landed rows (and refusals by source) to the counts, in the current transaction."""
    refused = refused or {}
    totals: Counter[str] = Counter()
    for (source, _, _, _), number in rows.items():
        totals[source] += number
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(_add_to_days(), [(*key, number) for key, number in rows.items()])
        for source in sorted({*totals, *refused}):
            fact_at = now if totals[source] else None
            values = (source, totals[source], refused.get(source, 0))
            cursor.execute(_add_to_source(), _source_row(values, now, fact_at))


def _source_row(values: tuple[str, int, int], now: datetime, fact_at: datetime | None) -> list[Any]:
    source, rows, refused = values
    moment = connection.ops.adapt_datetimefield_value(now)
    fact = connection.ops.adapt_datetimefield_value(fact_at) if fact_at else None
    return [source, source.partition(":")[0][:40], moment, moment, fact, rows, refused]


def _add_to_days() -> str:
    table = SourceDay._meta.db_table
    return (
        f'INSERT INTO {table} (source, "table", name, day, rows) VALUES (%s, %s, %s, %s, %s) '
        f'ON CONFLICT (source, "table", name, day) '
        f"DO UPDATE SET rows = {table}.rows + excluded.rows"
    )


def _add_to_source() -> str:
    table = Source._meta.db_table
    return (
        f"INSERT INTO {table} "
        "(name, kind, first_seen_at, last_seen_at, last_fact_at, rows, quarantined) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name) DO UPDATE SET "
        "last_seen_at = excluded.last_seen_at, "
        f"last_fact_at = COALESCE(excluded.last_fact_at, {table}.last_fact_at), "
        f"rows = {table}.rows + excluded.rows, "
        f"quarantined = {table}.quarantined + excluded.quarantined"
    )


def tally(
    sources: Iterable[str], table: str, names: Iterable[str], days: Iterable[date]
) -> Counter[Key]:
    """Rows by source, name and day."""
    return Counter(
        (source, table, name, day) for source, name, day in zip(sources, names, days, strict=True)
    )
