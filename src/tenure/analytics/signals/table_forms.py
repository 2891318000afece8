"""What signals about tables mean (rows counted, summed or picked, as they were known)."""

from __future__ import annotations

from tenure.analytics.moments import DAY_US
from tenure.analytics.signals.build import Collector
from tenure.analytics.signals.check import columns_of
from tenure.analytics.signals.role_forms import role_holders
from tenure.analytics.signals.spec import Condition, Names, TableSignal, days
from tenure.analytics.signals.sql import all_of, condition, literals, names
from tenure.analytics.tables import TABLES


def table_expression(signal: TableSignal, c: Collector) -> str:
    """The expression of a signal about a table."""
    if signal.kind in ("value", "days_since", "days_until"):
        return _picked(signal, c)
    return _aggregated(signal, c)


def source_condition(signal: TableSignal, prefix: str = "") -> str:
    """Which rows are the source: only rows like these make a count 0 rather than missing."""
    parts = [
        condition(
            Condition(field=f, op="in", value=list(names(v))), columns_of(signal.table), prefix
        )
        for f, v in signal.of.items()
    ]
    return all_of(parts)


def row_condition(signal: TableSignal, c: Collector, prefix: str = "") -> str:
    """Which rows count."""
    columns = columns_of(signal.table)
    parts = [source_condition(signal, prefix)] if signal.of else []
    parts += [condition(w, columns, prefix) for w in signal.where]
    if signal.by_role is not None:
        parts.append(f"COALESCE({prefix}person_role IN {literals(names(signal.by_role))}, FALSE)")
    if signal.window is not None:
        high = c.end_day - days(signal.offset) - days(signal.as_of)
        low, at = (high - days(signal.window)) * DAY_US, f'{prefix}"{time_column(signal)}"'
        parts.append(f"COALESCE({at} >= {low} AND {at} < {high * DAY_US}, FALSE)")
    return all_of(parts)


def time_column(signal: TableSignal) -> str:
    """The column whose moment decides whether a row lies in the window."""
    return signal.at or TABLES[signal.table].time


def _aggregated(signal: TableSignal, c: Collector) -> str:
    shift, kept = days(signal.as_of), row_condition(signal, c)

    def of(sql: str) -> str:
        return c.aggregate(signal.table, shift, sql)

    count = f"COUNT(CASE WHEN {kept} THEN 1 END)"
    column = f'CASE WHEN {kept} THEN "{signal.column}" END'
    own = f"COUNT(CASE WHEN {source_condition(signal)} THEN 1 END)"
    present = c.table_present(signal.table, shift, own)
    if signal.kind in ("rows", "people"):
        people = f"COUNT(DISTINCT CASE WHEN {kept} THEN person_id END)"
        if signal.by_role is not None:
            present = f"{present} AND {role_known(c, signal.by_role)}"
        found = of(count if signal.kind == "rows" else people)
        return f"CASE WHEN {present} THEN COALESCE({found}, 0) END"
    if signal.kind == "sum":
        nothing = f"CASE WHEN {of(own)} > 0 AND {of(count)} = 0 THEN 0 END"
        total = f"COALESCE({of(f'SUM({column})')}, {nothing})"
        if not signal.whole:
            return total
        return f"CASE WHEN {of(f'COUNT({column})')} = {of(count)} THEN {total} END"
    if signal.kind == "share":
        matching = all_of(
            [kept, *(condition(m, columns_of(signal.table)) for m in signal.matching)]
        )
        return f"{of(f'COUNT(CASE WHEN {matching} THEN 1 END)')} / NULLIF({of(count)}, 0)"
    if signal.kind == "recency_days":
        return _recency(signal, c, kept, present)
    return of(f"{signal.kind.upper()}({column})")


def role_known(c: Collector, roles: Names) -> str:
    """Whether anybody in the workspace ever held one of the roles."""
    held = f"COUNT(CASE WHEN role IN {literals(names(roles))} THEN 1 END)"
    return c.table_present("people", 0, held)


def _recency(signal: TableSignal, c: Collector, kept: str, present: str) -> str:
    day = f'MAX(CASE WHEN {kept} THEN "{time_column(signal)}" // {DAY_US} END)'
    last = c.aggregate(signal.table, days(signal.as_of), day)
    since = f"{c.end_day - days(signal.offset) - 1} - {last}"
    value = f"CASE WHEN {present} THEN COALESCE({since}, {days(signal.window or '0d')}) END"
    if signal.by_role is None:
        return value
    return f"CASE WHEN {role_holders(c, signal.by_role)} > 0 THEN {value} END"


def _picked(signal: TableSignal, c: Collector) -> str:
    alias = c.pick(signal.table, days(signal.as_of), row_condition(signal, c, "v."), _order(signal))
    column = f'{alias}."{signal.column}"'
    if signal.kind == "days_since":
        return f"FLOOR(({c.t} - {column}) / {DAY_US}.0)"
    if signal.kind == "days_until":
        return f"CEIL(({column} - {c.t}) / {DAY_US}.0)"
    return column


def _order(signal: TableSignal) -> str:
    """As asked, then newest first, then by key and id so that every engine picks the same row."""
    table = TABLES[signal.table]
    asked = [(n.removeprefix("-"), n.startswith("-")) for n in signal.order]
    rest = [(table.time, True), ("received_at", True)]
    parts = [f'v."{n}" {"DESC" if down else "ASC"} NULLS LAST' for n, down in [*asked, *rest]]
    return ", ".join([*parts, "v.message_id DESC"])
