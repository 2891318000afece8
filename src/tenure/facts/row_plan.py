"""The one SQL query that validates a batch of rows; see ``facts.validate`` for the rules."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa

from tenure.analytics.tables import Column, Table
from tenure.facts.casts import Reading, as_text, cast, is_text, literal, minor, quote
from tenure.facts.refusal import limits
from tenure.facts.sql import JSON_MARK, ROW

_SQL_TYPES = {
    "text": "VARCHAR", "int": "BIGINT", "float": "DOUBLE", "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ", "date": "DATE", "json": "VARCHAR",
}  # fmt: skip
_OURS = frozenset({"backfill", "source", "received_day"})
_NUMBER = "'-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?'"


class RowPlan:
    """The query for one batch: which column comes from where, and which tests a row must pass.

    ``tests`` lists (condition of failure, code, field); the query's ``_error`` is the number of the
    first that failed, from 1, or 0.
    """

    def __init__(
        self,
        table: Table,
        schema: pa.Schema,
        now: datetime,
        source: str | None,
        backfill: bool,
        reading: Reading,
    ) -> None:
        self.table, self.schema, self.now = table, schema, now
        self.source, self.backfill, self.reading = source, backfill, reading
        self.major = self._major()
        self.origin = self._origins()
        self.tests: list[tuple[str, str, str]] = []

    def _major(self) -> dict[str, str]:
        """Amount columns given in major units: our column -> theirs (``mrr_minor`` -> ``mrr``)."""
        found = {}
        own = {c.name for c in self.table.columns}
        for name in own:
            base = name.removesuffix("_minor")
            if name in self.reading.major and name in self.schema.names:
                found[name] = name
            elif name != base and base in self.schema.names and not {base} & own:
                found.setdefault(name, base) if name not in self.schema.names else None
        return found

    def _origins(self) -> dict[str, str]:
        names = set(self.schema.names)
        known = [c.name for c in self.table.columns] + ["message_id", "received_at"]
        return {n: self.major.get(n, n) for n in known if self.major.get(n, n) in names}

    def raw_value(self, raw: dict[str, Any], column: str) -> object:
        """What stood in ``column`` of the row as it came."""
        return raw.get(self.origin.get(column, column))

    def _kind(self, column: str) -> pa.DataType:
        return self.schema.field(self.origin[column]).type

    def _cast(self, column: Column) -> str:
        if column.name not in self.origin:
            return f"CAST(NULL AS {_SQL_TYPES[column.kind]})"
        theirs = quote(self.origin[column.name])
        if column.name in self.major:
            text = as_text(theirs, self._kind(column.name), self.reading.nulls)
            return minor(text, self._currency())
        if column.name == "currency":
            return self._currency()
        if column.kind == "json":
            return self._object(theirs, column.name)
        value = cast(column.kind, theirs, self._kind(column.name), self.reading)
        return self._word(column.name, value)

    def _word(self, column: str, value: str) -> str:
        """Words of a fixed list in our spelling: ``Past Due`` and ``canceled`` are understood."""
        spellings = limits()["words"].get(self.table.name, {}).get(column)
        if spellings is None:
            return value
        plain = f"regexp_replace(lower({value}), '[ -]+', '_', 'g')"
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in spellings.items())
        return f"CASE {plain} {cases} ELSE {plain} END" if cases else plain

    def _currency(self) -> str:
        if "currency" not in self.origin:
            return "CAST(NULL AS VARCHAR)"
        text = as_text(quote(self.origin["currency"]), self._kind("currency"), self.reading.nulls)
        return f"nullif(upper(trim({text})), '')"

    def _object(self, theirs: str, column: str) -> str:
        field = self.schema.field(self.origin[column])
        if not is_text(field.type):
            nested = pa.types.is_struct(field.type) or pa.types.is_map(field.type)
            return f"CAST({f'to_json({theirs})' if nested else 'NULL'} AS VARCHAR)"
        if (field.metadata or {}).get(JSON_MARK):
            # Ours, so sound; but of anything: where some rows have objects, a text is in quotes.
            theirs = (
                f"CASE json_type({theirs}) WHEN 'OBJECT' THEN {theirs}"
                f" WHEN 'VARCHAR' THEN json_extract_string({theirs}, '$') END"
            )
        is_object = f"CASE WHEN json_valid({theirs}) THEN json_type({theirs}) = 'OBJECT' END"
        return f"CASE WHEN {is_object} THEN trim({theirs}) END"

    def _extras(self) -> list[str]:
        used = set(self.origin.values()) | _OURS | {ROW}
        return [n for n in self.schema.names if n not in used]

    def _as_json(self, name: str) -> str:
        field, column = self.schema.field(name), quote(name)
        text = as_text(column, field.type, self.reading.nulls)
        if (field.metadata or {}).get(JSON_MARK):
            return text
        if pa.types.is_floating(field.type):
            return f"CASE WHEN isfinite({column}) THEN {text} END"
        if pa.types.is_integer(field.type) or pa.types.is_boolean(field.type):
            return text
        if pa.types.is_decimal(field.type):
            return text
        if not is_text(field.type):
            return f"CAST(to_json({column}) AS VARCHAR)"
        quoted = f"CAST(to_json({text}) AS VARCHAR)"
        if not self.reading.untyped:
            return quoted
        return (
            f"CASE WHEN regexp_full_match({text}, {_NUMBER}) THEN {text}"
            f" WHEN lower({text}) IN ('true', 'false') THEN lower({text}) ELSE {quoted} END"
        )

    def _properties(self) -> str:
        own = quote(self.table.extra)
        inner = f"nullif(trim(substr({own}, 2, length({own}) - 2)), '')"
        parts = [inner] if self.table.extra in self.origin else []
        parts += [f"{literal(_key(n))} || {quote(f'x_{n}')}" for n in self._extras()]
        if not parts:
            return "CAST(NULL AS VARCHAR)"
        return f"'{{' || nullif(concat_ws(',', {', '.join(parts)}), '') || '}}'"

    def _columns(self) -> list[Column]:
        return [*self.table.columns, *(self.table.column(n) for n in ("message_id", "received_at"))]

    def _level_cast(self) -> str:
        parts = [ROW]
        for column in self._columns():
            parts.append(f"{self._cast(column)} AS {quote(column.name)}")
            if column.name in self.origin and column.kind != "text":
                parts.append(f"{self._raw(column.name)} AS {quote(f'r_{column.name}')}")
        parts += [f"{self._as_json(n)} AS {quote(f'x_{n}')}" for n in self._extras()]
        if self.source is None:
            parts.append("source" if "source" in self.schema.names else "NULL AS source")
        return f"SELECT {', '.join(parts)} FROM incoming"

    def _raw(self, column: str) -> str:
        """What stood there, as text; NULL only where nothing stood."""
        theirs, kind = quote(self.origin[column]), self._kind(column)
        nested = bool(pa.types.is_nested(kind))
        text = f"to_json({theirs})" if nested else as_text(theirs, kind, self.reading.nulls)
        return f"nullif(trim({text}), '')"

    def _level_properties(self) -> str:
        drop = [quote(f"x_{n}") for n in self._extras()]
        exclude = f" EXCLUDE ({', '.join(drop)})" if drop else ""
        extra = quote(self.table.extra)
        return (
            f"SELECT *{exclude} REPLACE ({self._properties()} AS {extra}),"
            f" {extra} AS _given_object FROM ({self._level_cast()})"
        )

    def _content(self) -> str:
        parts = []
        for c in self.table.columns:
            value = f"epoch_us({quote(c.name)})" if c.kind == "timestamp" else quote(c.name)
            parts.append(f"{literal(c.name + '=')} || CAST({value} AS VARCHAR)")
        text = f"concat_ws(chr(31), {literal(self.table.name)}, {', '.join(parts)})"
        short = f"base64(unhex(left(md5({text}), 24)))"
        return f"translate({short}, '+/', '-_')"

    def _level_identity(self) -> str:
        time = quote(self.table.time)
        stand_in = [quote(c) for c in limits()["time_defaults"].get(self.table.name, ())]
        bounded = [
            f"CASE WHEN {c} IS NOT NULL THEN least({c}, {self._now()}) END" for c in stand_in
        ]
        last = (
            f"TIMESTAMPTZ '{limits()['timeless']} 00:00:00Z'"
            if self.backfill
            else (f"coalesce(received_at, {self._now()})")
        )
        filled = f"coalesce({', '.join([time, *bounded, last])})"
        given = ", ".join([time, *stand_in])
        return (
            f"SELECT * REPLACE (coalesce(message_id, {self._content()}) AS message_id,"
            f" {filled} AS {time}), message_id IS NULL AS _derived,"
            f" {time} AS _given_time, coalesce({given}) IS NULL AS _timeless"
            f" FROM ({self._level_properties()})"
        )

    def _now(self) -> str:
        return f"TIMESTAMPTZ '{self.now.isoformat()}'"

    def _level_received(self) -> str:
        """When we learned of it; a time slightly ahead of that is set back to it."""
        time, now = quote(self.table.time), self._now()
        if self.backfill:
            received = f"least(greatest(coalesce(received_at, {time}), {time}), {now})"
            backfill = "(received_at IS NULL)"
            set_back = f"least({time}, {now})"
        else:
            received = f"least(coalesce(received_at, {now}), {now})"
            backfill = "false"
            set_back = f"least({time}, coalesce(received_at, {now}), {now})"
        source = "source" if self.source is None else literal(self.source)
        replace = f"{received} AS received_at, {set_back} AS {time}"
        if self.source is None:
            return (
                f"SELECT * REPLACE ({replace}), {backfill} AS backfill, {time} AS _happened"
                f" FROM ({self._level_identity()})"
            )
        return (
            f"SELECT * REPLACE ({replace}), {backfill} AS backfill, {time} AS _happened,"
            f" {source} AS source FROM ({self._level_identity()})"
        )

    def _make_tests(self) -> None:
        tests, table = self.tests, self.table
        for c in self._columns():
            if c.name in self.origin and c.kind != "text":
                code = "not_object" if c.kind == "json" else f"not_{c.kind}"
                wrong = f"{quote(f'r_{c.name}')} IS NOT NULL AND {quote('g_' + c.name)} IS NULL"
                tests.append((wrong.replace(quote("g_" + c.name), self._read(c)), code, c.name))
        for c in table.columns:
            if c.required and not (c.name == table.time and not self.backfill):
                missing = "_given_time" if c.name == table.time else quote(c.name)
                tests.append((f"{missing} IS NULL", "missing", c.name))
        if table.name == "events" and self.backfill:
            who = "account_id IS NULL AND person_id IS NULL AND anonymous_id IS NULL"
            tests.append((who, "missing", "account_id"))
        self._make_limit_tests()

    def _read(self, column: Column) -> str:
        """The column as it was read, before any default."""
        if column.kind == "json":
            return "_given_object"
        return "_given_time" if column.name == self.table.time else quote(column.name)

    def _make_limit_tests(self) -> None:
        known, time = limits(), quote(self.table.time)
        for c in self.table.columns:
            if c.name in self.origin and c.name == "event":
                self._longer(c.name, int(known["max_event_name"]))
            elif c.name in self.origin and c.name.endswith("_id"):
                self._longer(c.name, int(known["max_id_length"]))
        self._longer("message_id", int(known["max_id_length"]))
        ahead = f"{self._now()} + to_seconds({int(known['future_tolerance_s'])})"
        self.tests.append((f"_happened > {ahead}", "in_future", self.table.time))
        early = f"{time} < TIMESTAMPTZ '{known['earliest']} 00:00:00Z'"
        self.tests.append((early, "too_old", self.table.time))
        if "currency" in self.origin:
            wrong = "NOT regexp_full_match(currency, '[A-Z]{3}')"
            self.tests.append((wrong, "currency_unknown", "currency"))
        for name in self.major:
            missing = f"{quote(f'r_{name}')} IS NOT NULL AND currency IS NULL"
            self.tests.append((missing, "currency_missing", name))

    def _longer(self, name: str, most: int) -> None:
        self.tests.append((f"length({quote(name)}) > {most}", "too_long", name))

    def text(self) -> str:
        """The query; it reads ``incoming`` and gives the lake's columns, helpers and ``_error``."""
        self.tests.clear()
        self._make_tests()
        cases = " ".join(f"WHEN {t[0]} THEN {i}" for i, t in enumerate(self.tests, 1))
        out = [quote(c.name) for c in self._columns()]
        out += ["backfill", "source", ROW, "_derived", "_timeless"]
        day = "CAST(timezone('UTC', received_at) AS DATE) AS received_day"
        error = f"CAST(coalesce(CASE {cases} ELSE 0 END, 0) AS INTEGER) AS _error"
        return f"SELECT {', '.join(out)}, {day}, {error} FROM ({self._level_received()})"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) + ":"
