"""Which table a file is, and which column is which field. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from tenure.analytics.tables import TABLES, Table
from tenure.connectors.files.fields import normal
from tenure.connectors.files.suggesting import Sample, fits
from tenure.connectors.files.synonyms import SYNONYMS


def columns(table: Table, names: Sequence[str], sample: Sample | None = None) -> dict[str, str]:
    """A column for each field that one fits by what stands in it: of the same name, else of a known
    other name.

    >>> columns(TABLES["events"], ["User ID", "event_name", "colour"])
    {'person_id': 'User ID', 'event': 'event_name'}
    """
    free = {normal(name): name for name in reversed(names)}
    found: dict[str, str] = {}
    fields = [c.name for c in table.columns if c.name != table.extra]
    values = sample or {}
    for field in fields:
        if field in free and fits(table, field, values.get(free[field], ())):
            found[field] = free.pop(field)
    for field in fields:
        others = (s for s in (*_ids(table, field), *SYNONYMS.get(field, ())) if s in free)
        other = next((s for s in others if fits(table, field, values.get(free[s], ()))), None)
        if field not in found and other is not None:
            found[field] = free.pop(other)
    return {field: found[field] for field in fields if field in found}


def _ids(table: Table, field: str) -> tuple[str, ...]:
    return ("id", "uuid") if table.key[:1] == (field,) else ()


def table_of(file: str, known: Iterable[str] = TABLES) -> str:
    """The table a file's name speaks of, empty when it speaks of none.

    >>> table_of("2024-export_Subscriptions.csv"), table_of("data.csv")
    ('subscriptions', '')
    """
    words = normal(file).split("_")
    for name in known:
        if name in words or name.removesuffix("s") in words:
            return name
    near = [m for w in words for m in difflib.get_close_matches(w, list(known), 1, 0.85)]
    return near[0] if near else ""
