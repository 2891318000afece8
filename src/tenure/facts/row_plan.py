"""The one SQL query that validates a batch of rows; see ``facts.validate`` for the rules."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pyarrow as pa

from tenure.analytics.tables import Column, Table
from tenure.facts import ingest_policy, row_tests
from tenure.facts.casts import Reading, as_text, cast, is_text, literal, minor, quote
from tenure.facts.placeholders import Placeholders
from tenure.facts.rejection import limits
from tenure.facts.sql import JSON_MARK, ROW
from tenure.facts.texts import Readable

_SQL_TYPES = {
    "text": "VARCHAR",
    "int": "BIGINT",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "date": "DATE",
    "json": "VARCHAR",
}
_OURS = frozenset({"backfill", "source", "received_day"})
_NUMBER = "'-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,15})?'"


class RowPlan:
    """The query for one batch: which column comes from where, and which tests a row must pass.

    ``readable`` is what ``texts.readable`` made of the rows; ``incoming`` is then its data.

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
        readable: Readable | None = None,
        placeholders: Placeholders | None = None,
    ) -> None:
        self.table, self.schema, self.now = table, schema, now
        self.source, self.backfill, self.reading = source, backfill, reading
        self.placeholders = placeholders or ingest_policy.packaged().ids.listed
        self.readable = readable.columns if readable else {}
        self.currencies = readable.currencies if readable else ""
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
        theirs, kind = quote(self.origin[column.name]), self._kind(column.name)
        if column.name in self.readable:
            theirs, kind = quote(self.readable[column.name]), pa.string()
        if column.name in self.major:
            return minor(as_text(theirs, kind, self.reading.nulls), self._currency())
        if column.name == "currency":
            return self._currency()
        if column.kind == "json":
            return self._object(theirs, column.name)
        if pa.types.is_nested(kind):
            return f"CAST(NULL AS {_SQL_TYPES[column.kind]})"
        value = cast(column.kind, theirs, kind, self.reading)
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
        """The row's currency; without one, that of a sign beside the amount that has only one."""
        own = "CAST(NULL AS VARCHAR)"
        if "currency" in self.origin:
            kind = self._kind("currency")
            text = as_text(quote(self.origin["currency"]), kind, self.reading.nulls)
            own = f"nullif(upper(trim({text})), '')"
        if not self.currencies:
            return own
        sign = quote(self.currencies)
        return f"coalesce({own}, CASE WHEN length({sign}) = 3 THEN {sign} END)"

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

    def columns(self) -> list[Column]:
        """Own columns, and those a row may bring of the others."""
        return [*self.table.columns, *(self.table.column(n) for n in ("message_id", "received_at"))]

    def _level_cast(self) -> str:
        parts = [ROW]
        for column in self.columns():
            parts.append(f"{self._cast(column)} AS {quote(column.name)}")
            if column.name in self.origin and self.may_be_wrong(column):
                parts.append(f"{self._raw(column.name)} AS {quote(f'r_{column.name}')}")
        parts += [f"{self._as_json(n)} AS {quote(f'x_{n}')}" for n in self._extras()]
        if self.currencies:
            parts.append(quote(self.currencies))
        if self.source is None:
            parts.append("source" if "source" in self.schema.names else "NULL AS source")
        return f"SELECT {', '.join(parts)} FROM incoming"

    def may_be_wrong(self, column: Column) -> bool:
        """Whether a value that came may be none for this column."""
        return column.kind != "text" or self._holds_objects(column.name)

    def _holds_objects(self, column: str) -> bool:
        field = self.schema.field(self.origin[column])
        return pa.types.is_nested(field.type) or bool((field.metadata or {}).get(JSON_MARK))

    def _raw(self, column: str) -> str:
        """What stood there, as text; NULL only where nothing stood. Of texts: whether an object."""
        theirs, kind = quote(self.origin[column]), self._kind(column)
        if self.table.column(column).kind == "text" and not pa.types.is_nested(kind):
            return f"nullif(json_type({theirs}) IN ('OBJECT', 'ARRAY'), false)"
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
            f"CASE WHEN {c} IS NOT NULL THEN least({c}, {self.moment()}) END" for c in stand_in
        ]
        last = (
            f"TIMESTAMPTZ '{limits()['timeless']} 00:00:00Z'"
            if self.backfill
            else (f"coalesce(received_at, {self.moment()})")
        )
        filled = f"coalesce({', '.join([time, *bounded, last])})"
        given = ", ".join([time, *stand_in])
        return (
            f"SELECT * REPLACE (coalesce(message_id, {self._content()}) AS message_id,"
            f" {filled} AS {time}), message_id IS NULL AS _derived,"
            f" {time} AS _given_time, coalesce({given}) IS NULL AS _timeless"
            f" FROM ({self._level_properties()})"
        )

    def moment(self) -> str:
        """Now, as SQL."""
        return f"TIMESTAMPTZ '{self.now.isoformat()}'"

    def _level_received(self) -> str:
        """When we learned of it; a time slightly ahead of that is set back to it."""
        time, now = quote(self.table.time), self.moment()
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

    def text(self) -> str:
        """The query; it reads ``incoming`` and gives the lake's columns, helpers and ``_error``."""
        self.tests = row_tests.tests(self)
        cases = " ".join(f"WHEN {t[0]} THEN {i}" for i, t in enumerate(self.tests, 1))
        out = [quote(c.name) for c in self.columns()]
        out += ["backfill", "source", ROW, "_derived", "_timeless"]
        day = "CAST(timezone('UTC', received_at) AS DATE) AS received_day"
        error = f"CAST(coalesce(CASE {cases} ELSE 0 END, 0) AS INTEGER) AS _error"
        return f"SELECT {', '.join(out)}, {day}, {error} FROM ({self._level_received()})"


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) + ":"
