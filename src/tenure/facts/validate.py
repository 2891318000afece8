"""From rows as they came to facts of the lake: what is good lands, what is not says why.

Works by column (DuckDB over Arrow), so that a million rows take about a second. The rules:

* unknown columns become properties; a wrong value refuses its row, never the file;
* a time without a zone is UTC unless a zone is named; nothing ambiguous is guessed;
* history counts as received when it happened (``backfill``), unless the rows say ``received_at``;
* a fact without an id gets one from its content and its number among equal rows, so that the same
  file twice is the same facts, and two equal events in one file are two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import TABLES, Table
from tenure.facts import contract_checks, payloads, reasons, rows, sentiment, sql, texts
from tenure.facts.casts import Reading
from tenure.facts.contracts import Contracts
from tenure.facts.placeholders import Placeholders
from tenure.facts.rejection import Refusal, explain, limits, shown
from tenure.facts.row_plan import RowPlan

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Checked:
    """Rows after validation. ``facts`` has the lake's columns and ``_row`` (its number among the
    rows handed in), ``_derived`` (its id was made from its content) and ``_timeless`` (it had no
    time of its own)."""

    facts: pa.Table
    refusals: list[Refusal] = field(default_factory=list)


def accept(
    table_name: str,
    data: Rows,
    *,
    now: datetime,
    source: str | None,
    backfill: bool = False,
    reading: Reading | None = None,
    contracts: Contracts | None = None,
) -> tuple[pa.Table, list[Refusal]]:
    """The good rows in the lake's schema, and a refusal for each of the others.

    ``source`` None takes each row's own ``source`` column. ``contracts`` are checked when given;
    their warnings are refusals with ``warn`` whose rows are among the good ones. An unknown table
    refuses all rows.

    >>> from datetime import UTC, datetime
    >>> rows = [{"event": "Login", "account_id": 7, "timestamp": "2024-03-01"},
    ...     {"account_id": 8, "timestamp": "2024-03-01"}]
    >>> now = datetime(2024, 3, 2, tzinfo=UTC)
    >>> good, bad = accept("events", rows, now=now, source="docs")
    >>> good["account_id"].to_pylist(), [(r.code, r.field) for r in bad]
    (['7'], [('missing', 'event')])
    """
    checked = check(
        table_name,
        data,
        now=now,
        source=source,
        backfill=backfill,
        reading=reading,
        contracts=contracts,
    )
    if table_name not in TABLES:
        return checked.facts, checked.refusals
    facts = numbered(checked.facts) if checked.facts.num_rows else checked.facts
    return facts.select(TABLES[table_name].arrow_schema().names), checked.refusals


def check(
    table_name: str,
    data: Rows,
    *,
    now: datetime,
    source: str | None,
    backfill: bool = False,
    reading: Reading | None = None,
    contracts: Contracts | None = None,
    placeholders: Placeholders | None = None,
) -> Checked:
    """Like ``accept``, with the helper columns that an import needs, ids not yet numbered.

    ``placeholders`` are the ids that stand for nobody, as packaged unless they are given.
    """
    table = TABLES.get(table_name)
    arrow = data if isinstance(data, pa.Table) else rows.to_arrow(data)
    if table is None:
        return Checked(pa.table({}), _all_refused(table_name, arrow))
    if not arrow.num_rows:
        return Checked(_empty(table))
    read = (reading or Reading(), placeholders)
    facts, refusals = _run(table, arrow, now, source, backfill, *read)
    if contracts is not None and facts.num_rows:
        facts, broken = _against(contracts, table, facts)
        refusals = sorted([*refusals, *broken], key=lambda r: r.row)
    return Checked(sentiment.filled(table_name, facts), refusals)


def numbered(facts: pa.Table) -> pa.Table:
    """Gives the second, third … of equal rows an id of its own (``…-2``, ``…-3``)."""
    query = """
        WITH twice AS (SELECT message_id FROM facts GROUP BY 1 HAVING count(*) > 1)
        SELECT _place, message_id || '-' || _n AS id FROM (
            SELECT _place, message_id,
                row_number() OVER (PARTITION BY message_id ORDER BY _row) AS _n
            FROM (SELECT *, row_number() OVER () - 1 AS _place FROM facts)
            SEMI JOIN twice USING (message_id) WHERE _derived)
        WHERE _n > 1 ORDER BY _place"""
    narrow = facts.select([sql.ROW, "message_id", "_derived"])
    later = _cursor(facts=narrow).sql(query).to_arrow_table()
    if not later.num_rows:
        return facts
    mask = np.zeros(facts.num_rows, dtype=bool)
    mask[later["_place"].to_numpy()] = True
    ids = facts["message_id"].combine_chunks()
    given = pc.replace_with_mask(ids, pa.array(mask), later["id"].combine_chunks())
    return facts.set_column(facts.schema.get_field_index("message_id"), "message_id", given)


def _cursor(**tables: pa.Table) -> duckdb.DuckDBPyConnection:
    con = sql.connection()
    for name, table in tables.items():
        con.register(name, table)
    return con


def _empty(table: Table) -> pa.Table:
    schema = table.arrow_schema()
    for name, kind in sql.HELPERS:
        schema = schema.append(pa.field(name, kind))
    return schema.empty_table()


def _run(
    table: Table,
    data: pa.Table,
    now: datetime,
    source: str | None,
    backfill: bool,
    reading: Reading,
    placeholders: Placeholders | None,
) -> tuple[pa.Table, list[Refusal]]:
    numbers = pa.array(np.arange(data.num_rows, dtype=np.int64))
    data = data.append_column(sql.ROW, numbers)
    bare = RowPlan(table, data.schema, now, source, backfill, reading)
    readable = texts.readable(table, data, bare.origin, bare.major, reading)
    plan = RowPlan(
        table, data.schema, now.astimezone(UTC), source, backfill, reading, readable, placeholders
    )
    result = _cursor(incoming=readable.data).sql(plan.text()).to_arrow_table()
    errors = result["_error"].to_numpy()
    result = result.drop_columns(["_error"])
    bad = np.flatnonzero(errors)
    wanted = _empty(table).schema
    if not len(bad):
        return result.select(wanted.names).cast(wanted), []
    good = result.filter(pa.array(errors == 0)).select(wanted.names).cast(wanted)
    return good, _refusals(table, plan, data, result.take(pa.array(bad)), errors[bad])


def _refusals(
    table: Table, plan: RowPlan, data: pa.Table, bad: pa.Table, errors: np.ndarray
) -> list[Refusal]:
    reading = plan.reading
    came = _tellable(data.take(bad[sql.ROW]), as_text=True).to_pylist()
    cast = _tellable(bad, as_text=False).to_pylist()
    out = []
    for raw, row, error in zip(came, cast, errors, strict=True):
        code, column = plan.tests[int(error) - 1][1:]
        value = shown(plan.raw_value(raw, column))
        words = {
            "field": column,
            "table": table.name,
            "value": value,
            "limit": _limit(code, table.name, column),
        }
        out.append(
            Refusal(
                row=row[sql.ROW],
                code=code,
                field=column,
                reason=reasons.reason(code, words, plan.raw_value(raw, column), row, reading),
                payload=payloads.refused(table, raw, row, column, plan.major),
                name=row.get("event") or "",
                message_id="" if row["_derived"] else row["message_id"] or "",
            )
        )
    return out


def _tellable(rows: pa.Table, *, as_text: bool) -> pa.Table:
    """Times before year 1 and after 9999, which Python has no word for, as text or as nothing."""
    for place, one in enumerate(rows.schema):
        if not (pa.types.is_timestamp(one.type) or pa.types.is_date(one.type)):
            continue
        moments = rows[one.name]
        zone = getattr(one.type, "tz", None)
        micros = pc.cast(pc.cast(moments, pa.timestamp("us", zone), safe=False), pa.int64())
        strange = pc.or_(pc.less(micros, _FIRST_US), pc.greater(micros, _LAST_US))
        if not pc.any(strange).as_py():
            continue
        told = pc.cast(moments, pa.string()) if as_text else pc.if_else(strange, None, moments)
        rows = rows.set_column(place, one.name, told)
    return rows


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LAST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)


def _limit(code: str, table: str, column: str) -> str:
    known = limits()
    if code == "not_listed":
        return ", ".join(known["listed"][table][column])
    if code == "too_long":
        return str(known["max_event_name"] if column == "event" else known["max_id_length"])
    return str(known["earliest"])


def _against(contracts: Contracts, table: Table, facts: pa.Table) -> tuple[pa.Table, list[Refusal]]:
    broken = contract_checks.violations(contracts, table, facts)
    keep = np.ones(facts.num_rows, dtype=bool)
    refusals = []
    for place, violation in broken:
        row = facts.slice(place, 1).to_pylist()[0]
        keep[place] = keep[place] and violation.warn
        refusals.append(
            Refusal(
                row=row[sql.ROW],
                code=violation.code,
                field=violation.field,
                reason=violation.reason,
                payload=payloads.landed(table, row),
                name=row.get("event") or "",
                message_id=row["message_id"],
                warn=violation.warn,
            )
        )
    return (facts if keep.all() else facts.filter(pa.array(keep))), refusals


def _all_refused(table_name: str, data: pa.Table) -> list[Refusal]:
    reason = explain("unknown_table", value=shown(table_name))
    return [
        Refusal(i, "unknown_table", "table", reason, payloads.plain(row))
        for i, row in enumerate(data.to_pylist())
    ]
