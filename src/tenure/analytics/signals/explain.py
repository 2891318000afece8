"""A signal in plain words, and the facts behind its value for one account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import pyarrow as pa

from tenure.analytics.asof import needed_views, view_name, view_sql
from tenure.analytics.dataset import Dataset
from tenure.analytics.engine import DuckDBEngine, Engine
from tenure.analytics.moments import DAY_US, ceil_day, day_of, micros
from tenure.analytics.signals.build import Collector
from tenure.analytics.signals.forms import input_of, window_of
from tenure.analytics.signals.inputs import Input
from tenure.analytics.signals.query import with_twins
from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.roles import catalogue
from tenure.analytics.signals.spec import (
    AdoptionSignal,
    AnySignal,
    CoverageSignal,
    EventSignal,
    LimitSignal,
    TableSignal,
    days,
)
from tenure.analytics.signals.sql import all_of, json_text, literal, literals
from tenure.analytics.signals.table_forms import row_condition, time_column
from tenure.analytics.signals.words import describe
from tenure.analytics.tables import TABLES

FACTS = pa.schema(
    [
        ("signal", pa.string()),
        ("table", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("what", pa.string()),
        ("person_id", pa.string()),
        ("value", pa.string()),
        ("message_id", pa.string()),
    ]
)
_WHAT = {
    "events": "event",
    "tickets": "subject",
    "responses": "survey",
    "interactions": "kind",
    "goals": "title",
    "subscriptions": "subscription_id",
    "invoices": "invoice_id",
    "payments": "status",
    "people": "role",
    "accounts": "name",
}


def explain_signal(registry: Registry, name: str) -> str:
    """What the signal says, how it is computed, when it is missing, and what uses it."""
    signal = registry.signal(name)
    lines = [f"{name}: {signal.title}", *([signal.description] if signal.description else [])]
    lines.append(describe(name, signal, registry))
    used = [n for n, s in registry.signals.items() if name in s.parts()]
    warns = [n for n, r in registry.risk_signals.items() if name in r.parts()]
    if used:
        lines.append(f"Part of: {', '.join(used)}")
    if warns:
        lines.append(f"Risk signals that look at it: {', '.join(warns)}")
    lines.append(f"Declared in {registry.sources[f'signals.{name}']}")
    return "\n".join(lines)


def signal_facts(
    dataset: Dataset,
    registry: Registry,
    name: str,
    account_id: str,
    as_of: datetime,
    limit: int = 100,
    engine: Engine | None = None,
) -> pa.Table:
    """The facts counted for one account, newest first: signal, table, time, what, value, ids.

    For a signal made of others, the facts of all its parts (``signal`` says of which; the window
    before is called ``<name>__before``). At most ``limit`` facts of each.
    """
    engine = engine or DuckDBEngine()
    known = catalogue(dataset, as_of, engine)
    c = Collector(micros(as_of), ceil_day(as_of), registry, known)
    found = [FACTS.empty_table()]
    for part, signal in with_twins(registry.closure([name])).items():
        for sql, since in _queries(part, signal, c, account_id, limit):
            pruned = dataset.pruned("events", since, as_of.date()) if since else []
            facts = Dataset(dict(dataset.tables) | {"events": pruned})
            found.append(_as_facts(engine.query(sql, facts)))
    return pa.concat_tables(found)


def _queries(
    part: str, signal: AnySignal, c: Collector, account: str, limit: int
) -> Iterable[tuple[str, date | None]]:
    if isinstance(signal, TableSignal):
        yield _table_query(part, signal, c, account, limit), None
    elif isinstance(signal, CoverageSignal):
        roles = f"v.is_present AND v.role IN {literals(signal.roles)}"
        yield _rows_query(part, "people", 0, "updated_at", roles, c, account, limit, "v.role"), None
    elif not signal.derived:
        start, end, match = _event_window(signal, c)
        sql = _event_query(part, signal, match, start, end, c, account, limit)
        yield sql, day_of(c.end_day - start)


def _event_window(signal: AnySignal, c: Collector) -> tuple[int, int, str]:
    if isinstance(signal, EventSignal):
        return *window_of(signal), input_of(signal, c).matches()
    if isinstance(signal, AdoptionSignal):
        start, end = window_of(signal)
        events = c.catalogue.events(signal.features)
        return start + days(signal.before or "0d"), end, Input("count", events).matches()
    assert isinstance(signal, LimitSignal)
    return days(signal.window), 0, Input("count", c.catalogue.usage).matches()


def _event_query(
    part: str,
    signal: AnySignal,
    match: str,
    start: int,
    end: int,
    c: Collector,
    account: str,
    limit: int,
) -> str:
    low, high = (c.end_day - start) * DAY_US, (c.end_day - end) * DAY_US
    value = "CAST(NULL AS VARCHAR)"
    if isinstance(signal, EventSignal) and signal.property:
        value = json_text("properties", signal.property)
    kept = [
        match,
        f"account_id = {literal(account)}",
        f"timestamp >= {low}",
        f"timestamp < {min(high, c.t)}",
        f"received_at < {c.t}",
    ]
    return (
        f"SELECT {literal(part)} AS signal, 'events' AS kind, timestamp AS time, event AS what,"
        f" person_id, {value} AS shown, message_id FROM raw_events WHERE {all_of(kept)}"
        f" ORDER BY timestamp DESC, message_id LIMIT {limit}"
    )


def _table_query(part: str, signal: TableSignal, c: Collector, account: str, limit: int) -> str:
    shown = f'v."{signal.column}"' if signal.column else f'v."{_WHAT[signal.table]}"'
    kept = row_condition(signal, c, "v.")
    at = time_column(signal)
    shift = days(signal.as_of)
    return _rows_query(part, signal.table, shift, at, kept, c, account, limit, shown)


def _rows_query(
    part: str,
    table: str,
    shift: int,
    at: str,
    kept: str,
    c: Collector,
    account: str,
    limit: int,
    shown: str,
) -> str:
    views = [f"{view_name(n, s)} AS ({view_sql(n, c.t, s)})" for n, s in needed_views(table, shift)]
    own = [column.name for column in TABLES[table].all_columns()]
    person = "v.person_id" if "person_id" in own else "CAST(NULL AS VARCHAR)"
    return (
        f"WITH {', '.join(views)} SELECT {literal(part)} AS signal, {literal(table)} AS kind,"
        f' v."{at}" AS time, v."{_WHAT[table]}" AS what, {person} AS person_id,'
        f" CAST({shown} AS VARCHAR) AS shown, v.message_id FROM {view_name(table, shift)} AS v"
        f" WHERE v.account_id = {literal(account)} AND {kept}"
        f" ORDER BY time DESC, v.message_id LIMIT {limit}"
    )


def _as_facts(rows: pa.Table) -> pa.Table:
    columns = list(rows.columns)
    columns[2] = columns[2].cast(pa.int64()).cast(FACTS.field("time").type)
    return pa.table([c.cast(f.type) for c, f in zip(columns, FACTS, strict=True)], schema=FACTS)
