"""What was known at a moment: the view of every table as of *t*, in one place for all engines.

The rule is the one of :mod:`tenure.analytics.tables`. Queries here are written in DuckDB's dialect
over relations ``raw_<table>`` whose moments are microseconds since 1970; an engine provides them.

Views add columns that signals and segments ask for again and again (``DERIVED_COLUMNS``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from tenure.analytics.dataset import Dataset
    from tenure.analytics.engine import Engine

DERIVED_COLUMNS: dict[str, dict[str, str]] = {
    "people": {"is_present": "has not left"},
    "subscriptions": {
        "in_force": "has begun and has not ended",
        "finished_at": "when it ended; for one marked cancelled without an end, when it was marked",
        "state": "trialing, active, past_due or paused in force; scheduled before, ended after",
        "arr_minor": "yearly recurring revenue: twelve times the monthly",
        "level": "rank of its plan",
        "seat_limit": "seats its plan includes",
        "usage_limit": "usage its plan includes",
        "usage_event": "the event its plan counts",
    },
    "invoices": {
        "is_open": "neither paid nor voided",
        "is_overdue": "open after its due date",
        "days_overdue": "whole days after its due date",
    },
    "tickets": {
        "is_open": "not resolved",
        "days_open": "whole days since it was opened",
        "reply_hours": "hours to the first reply",
        "person_role": "role of the person who asked, while they are there",
    },
    "responses": {"person_role": "role of the person who answered, while they are there"},
    "interactions": {"person_role": "role of the person met, while they are there"},
    "goals": {
        "reached": "progress from 0 to 1; 1 once achieved",
        "is_achieved": "marked achieved, or fully reached",
        "is_overdue": "past its date and not achieved",
    },
}

_ROLE = "CASE WHEN pe.left_at IS NULL THEN pe.role END AS person_role"
_END = "COALESCE(r.ended_at, CASE WHEN r.status = 'cancelled' THEN r.updated_at END)"


def view_name(table: str, shift: int = 0) -> str:
    """Name of the view of ``table`` as it was ``shift`` days before *t*."""
    return f"v_{table}_{shift}"


def needed_views(table: str, shift: int = 0) -> list[tuple[str, int]]:
    """The views a view is made from, itself last."""
    parts = {
        "subscriptions": ["plans"],
        "tickets": ["people"],
        "responses": ["people"],
        "interactions": ["people"],
    }
    return [(p, shift) for p in parts.get(table, [])] + [(table, shift)]


def view_sql(table: str, t: int, shift: int = 0) -> str:
    """The rows of ``table`` that held ``shift`` days before ``t``, from what was known at ``t``.

    ``shift`` moves the time of the facts, not the knowledge: "seats 90 days ago" may use a fact
    that arrived since. Both bounds are strict.
    """
    spec, cut = TABLES[table], t - shift * DAY_US
    happened = f"COALESCE(r.{spec.time}, r.received_at)"
    columns = [_masked(c, cut) for c in spec.all_columns() if c.name != "received_day"]
    inner = f"SELECT {', '.join(columns + _inner(table, cut))}"
    if spec.key:
        inner += f", ROW_NUMBER() OVER ({_latest(spec, happened)}) AS rn"
    inner += f" FROM raw_{table} AS r WHERE {happened} < {cut} AND r.received_at < {t}"
    keep = " WHERE x.rn = 1" if spec.key else ""
    outer = ", ".join(["x.*", *_outer(table, cut)])
    return f"SELECT {outer} FROM ({inner}) AS x{_joins(table, shift)}{keep}"


def as_of(dataset: Dataset, table: str, t: datetime, engine: Engine | None = None) -> pa.Table:
    """The rows of ``table`` as they were known at ``t``, with the derived columns."""
    from tenure.analytics.engine import DuckDBEngine

    views = [f"{view_name(n, s)} AS ({view_sql(n, micros(t), s)})" for n, s in needed_views(table)]
    names = [c.name for c in TABLES[table].all_columns() if c.name != "received_day"]
    names += list(DERIVED_COLUMNS.get(table, {}))
    quoted = ", ".join(f'"{name}"' for name in names)
    query = f"WITH {', '.join(views)} SELECT {quoted} FROM {view_name(table)}"
    return _with_moments(table, (engine or DuckDBEngine()).query(query, dataset))


def moment_columns(table: str) -> list[str]:
    """Columns of a view that hold a moment."""
    own = [c.name for c in TABLES[table].all_columns() if c.kind == "timestamp"]
    return own + (["finished_at"] if table == "subscriptions" else [])


def _with_moments(table: str, rows: pa.Table) -> pa.Table:
    for name in moment_columns(table):
        at = rows.schema.get_field_index(name)
        moments = rows.column(name).cast(pa.int64()).cast(pa.timestamp("us", tz="UTC"))
        rows = rows.set_column(at, name, moments)
    return rows


def _masked(column: Column, cut: int) -> str:
    if column.known_at is None:
        return f'r."{column.name}"'
    return f'CASE WHEN r.{column.known_at} < {cut} THEN r."{column.name}" END AS "{column.name}"'


def _latest(spec: Table, happened: str) -> str:
    keys = ", ".join(f"r.{k}" for k in spec.key)
    return f"PARTITION BY {keys} ORDER BY {happened} DESC, r.received_at DESC, r.message_id DESC"


def _inner(table: str, cut: int) -> list[str]:
    """Columns that need the unmasked row."""
    if table == "subscriptions":
        return [f"CASE WHEN {_END} < {cut} THEN {_END} END AS finished_at"]
    return []


def _outer(table: str, cut: int) -> list[str]:
    share = 'COALESCE(x.progress, x."value" / NULLIF(x."target", 0))'
    achieved = f"COALESCE(x.achieved_at IS NOT NULL OR {share} >= 1, FALSE)"
    unpaid = "x.paid_at IS NULL AND x.voided_at IS NULL"
    return {
        "people": ["x.left_at IS NULL AS is_present"],
        "subscriptions": [
            f"x.finished_at IS NULL AND x.started_at < {cut} AS in_force",
            "CASE WHEN x.finished_at IS NOT NULL THEN 'ended'"
            f" WHEN NOT x.started_at < {cut} THEN 'scheduled'"
            " WHEN x.status IS NULL OR x.status = 'cancelled' THEN 'active'"
            " ELSE x.status END AS state",
            "x.mrr_minor * 12 AS arr_minor",
            "pl.level",
            "pl.seat_limit",
            "pl.usage_limit",
            "pl.usage_event",
        ],
        "invoices": [
            f"{unpaid} AS is_open",
            f"COALESCE({unpaid} AND x.due_at < {cut}, FALSE) AS is_overdue",
            f"CASE WHEN x.due_at < {cut} THEN FLOOR(({cut} - x.due_at) / {DAY_US}.0) END"
            " AS days_overdue",
        ],
        "tickets": [
            "x.resolved_at IS NULL AS is_open",
            f"FLOOR(({cut} - x.opened_at) / {DAY_US}.0) AS days_open",
            "(x.first_reply_at - x.opened_at) / 3600000000.0 AS reply_hours",
            _ROLE,
        ],
        "responses": [_ROLE],
        "interactions": [_ROLE],
        "goals": [
            f"CASE WHEN x.achieved_at IS NOT NULL THEN 1.0 WHEN {share} IS NOT NULL"
            f" THEN LEAST(1.0, GREATEST(0.0, {share})) END AS reached",
            f"{achieved} AS is_achieved",
            f"COALESCE(NOT {achieved} AND x.due_at < {cut}, FALSE) AS is_overdue",
        ],
    }.get(table, [])


def _joins(table: str, shift: int) -> str:
    if table == "subscriptions":
        return f" LEFT JOIN {view_name('plans', shift)} AS pl ON pl.plan_id = x.plan_id"
    if table in ("tickets", "responses", "interactions"):
        people = view_name("people", shift)
        return (
            f" LEFT JOIN {people} AS pe ON pe.person_id = x.person_id"
            " AND pe.account_id = x.account_id"
        )
    return ""
