"""What was known at a moment: the view of every table as of *t*, and that of all that has landed,
in one place for all engines.

The rule is the one of :mod:`tenure.analytics.tables`. Queries here are written in DuckDB's dialect
over relations ``raw_<table>`` whose moments are microseconds since 1970; an engine provides them.

Views add columns that signals and segments ask for again and again (``DERIVED_COLUMNS``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from tenure.analytics.moments import DAY_US, micros
from tenure.analytics.subscriptions import history_sql, state_sql
from tenure.analytics.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from tenure.analytics.dataset import Dataset
    from tenure.analytics.engine import Engine

DERIVED_COLUMNS: dict[str, dict[str, str]] = {
    "people": {"is_present": "has not left"},
    "subscriptions": {
        "in_force": "makes a customer: trialing, active, past_due or paused",
        "pays": "its monthly revenue counts: active or past_due, and not on its first trial",
        "has_paid": "has begun, and was ever paid for",
        "finished_at": "when it ended; for one marked cancelled without an end, when it was marked",
        "state": "trialing, active, past_due or paused in force; scheduled before; ended after, or"
        " lapsed if it had never paid",
        "arr_minor": "yearly recurring revenue: twelve times the monthly while it pays, else 0",
        "contract_arr_minor": "the same while it is in force, whether it pays now or not",
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


def view_sql(table: str, t: int, shift: int = 0, about: str = "") -> str:
    """The rows of ``table`` that held ``shift`` days before ``t``, from what was known at ``t``.

    ``shift`` moves the time of the facts, not the knowledge: "seats 90 days ago" may use a fact
    that arrived since. Both bounds are strict. ``about`` names a relation with a column ``id``:
    the accounts whose things are wanted.
    """
    cut = t - shift * DAY_US
    known = f"{_happened(TABLES[table])} < {cut} AND r.received_at < {t}"
    return _view(table, known + _about(table, about), str(cut), shift, masked=True)


def known_sql(table: str, t: int) -> str:
    """All facts of ``table`` that had happened and were known before ``t``, as they are told."""
    known = f"{_happened(TABLES[table])} < {t} AND r.received_at < {t}"
    return f"SELECT r.* FROM raw_{table} AS r WHERE {known}"


def latest_sql(table: str, now: int, about: str = "") -> str:
    """The rows of ``table`` that hold by all facts that have landed, whatever any clock says.

    ``now`` is the moment of which the derived columns speak (in force, open, overdue); what a fact
    tells has happened by when it was received, also where ``now`` is behind. Columns are as told,
    those of moments to come as well (``ended_at``); ``subscriptions`` have ``ends_at`` besides.
    """
    cut = f"GREATEST({now + 1}, x.received_at + 1)"
    return _view(table, "TRUE" + _about(table, about), cut, 0, masked=False)


def _about(table: str, relation: str) -> str:
    """Facts about things that any fact gives to the accounts: who moved away is looked at, too."""
    spec = TABLES[table]
    if not relation or "account_id" not in (c.name for c in spec.columns):
        return ""
    mine = f"IN (SELECT id FROM {relation})"
    if not spec.key or "account_id" in spec.key:
        return f" AND r.account_id {mine}"
    key = spec.key[0]
    return f" AND r.{key} IN (SELECT {key} FROM raw_{table} WHERE account_id {mine})"


def _view(table: str, where: str, cut: str, shift: int, *, masked: bool) -> str:
    spec, here = TABLES[table], cut.replace("x.", "r.")
    rows = f"SELECT r.* FROM raw_{table} AS r WHERE {where}"
    if table == "subscriptions":
        rows = history_sql(rows)
    mask = here if masked else None
    columns = [_masked(c, mask) for c in spec.all_columns() if c.name != "received_day"]
    inner = f"SELECT {', '.join(columns + _inner(table, here))}"
    if spec.key:
        inner += f", ROW_NUMBER() OVER ({_latest(spec)}) AS rn"
    inner += f" FROM ({rows}) AS r"
    keep = " WHERE x.rn = 1" if spec.key else ""
    outer = ", ".join(["x.*", *_outer(table, cut)])
    return f"SELECT {outer} FROM ({inner}) AS x{_joins(table, shift)}{keep}"


def _happened(spec: Table) -> str:
    return f"COALESCE(r.{spec.time}, r.received_at)"


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


def _masked(column: Column, cut: str | None) -> str:
    if column.known_at is None or cut is None:
        return f'r."{column.name}"'
    return f'CASE WHEN r.{column.known_at} < {cut} THEN r."{column.name}" END AS "{column.name}"'


def _latest(spec: Table) -> str:
    keys = ", ".join(f"r.{k}" for k in spec.key)
    last = f"{_happened(spec)} DESC, r.received_at DESC, r.message_id DESC"
    return f"PARTITION BY {keys} ORDER BY {last}"


def _inner(table: str, cut: str) -> list[str]:
    """Columns that need the unmasked row."""
    if table == "subscriptions":
        finished = f"CASE WHEN r.ends < {cut} THEN r.ends END AS finished_at"
        return [finished, "r.ends AS ends_at", "r.stands", "r.paid"]
    return []


def _outer(table: str, cut: str) -> list[str]:
    share = 'COALESCE(x.progress, x."value" / NULLIF(x."target", 0))'
    achieved = f"COALESCE(x.achieved_at IS NOT NULL OR {share} >= 1, FALSE)"
    unpaid = "x.paid_at IS NULL AND x.voided_at IS NULL"
    state = state_sql(cut)
    return {
        "people": ["x.left_at IS NULL AS is_present"],
        "subscriptions": [
            *(f"{sql} AS {name}" for name, sql in state.items()),
            f"x.paid AND x.started_at < {cut} AS has_paid",
            f"CASE WHEN {state['pays']} THEN x.mrr_minor * 12 ELSE 0 END AS arr_minor",
            f"CASE WHEN {state['in_force']} THEN x.mrr_minor * 12 ELSE 0 END AS contract_arr_minor",
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
