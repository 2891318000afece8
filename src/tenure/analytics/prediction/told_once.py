"""Attributes that history was told once: what they say of the past may be what came after.

An export of today says of every account what it is today. Loaded as history it holds from the day
the account began, so that a status that only those who left can have stands on dates on which they
had not left. Nothing in such a row shows whether it was true then; versions would. An attribute is
set apart if hardly any of the things it was loaded for was told it at two moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tenure.analytics.asof import DERIVED_COLUMNS
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import Engine
from tenure.analytics.prediction.policy import ToldOnce
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.spec import AnySignal, TableSignal
from tenure.analytics.signals.sql import json_text
from tenure.analytics.tables import TABLES

OWN = "properties."


def fields_told_once(
    dataset: Dataset, engine: Engine, fields: Mapping[str, Iterable[str]], policy: ToldOnce
) -> set[str]:
    """Of ``fields`` by table those that history was told once, as ``table.field``."""
    found: set[str] = set()
    for table, names in fields.items():
        asked = sorted(set(names))
        if not asked or not dataset.has(table):
            continue
        (row,) = engine.query(_query(table, asked), dataset).to_pylist()
        for number, name in enumerate(asked):
            loaded, again = row[f"loaded_{number}"] or 0, row[f"again_{number}"] or 0
            if loaded and again < policy.least_again * loaded:
                found.add(f"{table}.{name}")
    return found


def _query(table: str, names: list[str]) -> str:
    """Of how many things history told each field, and of how many at several moments."""
    spec = TABLES[table]
    key = ", ".join(f'"{k}"' for k in spec.key)
    moments = ", ".join(
        f"COUNT(DISTINCT CASE WHEN {_value(name)} IS NOT NULL THEN {spec.time} END) AS m_{number}"
        for number, name in enumerate(names)
    )
    counts = ", ".join(
        f"COUNT(*) FILTER (m_{number} > 0) AS loaded_{number},"
        f" COUNT(*) FILTER (m_{number} > 1) AS again_{number}"
        for number in range(len(names))
    )
    return f"SELECT {counts} FROM (SELECT {moments} FROM raw_{table} WHERE backfill GROUP BY {key})"


def _value(name: str) -> str:
    return json_text("properties", name.removeprefix(OWN)) if name.startswith(OWN) else f'"{name}"'


def resting_on(registry: Registry, fields: set[str]) -> list[str]:
    """Signals of accounts that look, themselves or in a part, at one of ``fields``."""
    return [
        name
        for name in registry.of_accounts()
        if any(fields & set(looked_at(part)) for part in registry.closure([name]).values())
    ]


def suspected(registry: Registry, policy: ToldOnce) -> dict[str, set[str]]:
    """Fields by table that signals of accounts look at, and that are not trusted."""
    found: dict[str, set[str]] = {}
    for part in registry.closure(registry.of_accounts()).values():
        for field in looked_at(part):
            table, _, name = field.partition(".")
            tables = policy.properties_of if name.startswith(OWN) else policy.tables
            if table in tables and field not in policy.trusted:
                found.setdefault(table, set()).add(name)
    return found


def looked_at(signal: AnySignal) -> list[str]:
    """``table.field`` of every field that a signal about things with versions looks at; derived
    columns and moments at which something became known guard themselves."""
    if not isinstance(signal, TableSignal) or not TABLES[signal.table].key:
        return []
    spec, derived = TABLES[signal.table], DERIVED_COLUMNS.get(signal.table, {})
    guarded = {c.name for c in spec.all_columns() if c.known_at} | set(derived) | {spec.time}
    names = [signal.column, signal.at, *signal.of, *(n.removeprefix("-") for n in signal.order)]
    names += [c.field for c in (*signal.where, *signal.matching)]
    return [f"{signal.table}.{n}" for n in names if n is not None and n not in guarded]
