"""Columns of text that mean a time, a number or an amount, brought into one form for the engine.

What means none of these becomes a mark that the engine refuses; the reason quotes the row as it
came, not this form.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tenure.analytics.tables import Kind, Table
from tenure.facts import home_zones, number_texts, time_texts
from tenure.facts.casts import Reading, is_text
from tenure.facts.sql import JSON_MARK

UNREADABLE = "?"
"""Stands where a text is no number."""
_PLAIN = r"^\s*[+-]?[0-9]{1,15}([.]([0-9]{1,2}|[0-9]{4,15}))?\s*$"
_WHOLE = r"^\s*[+-]?[0-9]{1,15}\s*$"


@dataclass
class Readable:
    """``data`` with further columns; ``columns`` names the one of each field that has one, and
    ``currencies`` the one with the currencies that a sign beside an amount allows (``USD,CAD``)."""

    data: pa.Table
    columns: dict[str, str] = field(default_factory=dict)
    currencies: str = ""

    def add(self, name: str, values: pa.ChunkedArray | None) -> None:
        """Keep what a field's column became; None if it can stay."""
        if values is not None:
            self.columns[name] = f"readable:{name}"
            self.data = self.data.append_column(self.columns[name], values)


def readable(
    table: Table,
    data: pa.Table,
    origins: Mapping[str, str],
    major: Mapping[str, str],
    reading: Reading,
) -> Readable:
    """The rows with readable text beside what came.

    ``origins`` names the column of ``data`` that each field comes from, ``major`` those of amounts
    in major units.
    """
    found = Readable(data)
    for name, column in origins.items():
        kind: Kind = table.column(name).kind
        values = data[column]
        if kind == "json" or not is_text(values.type):
            continue
        marked = (data.schema.field(column).metadata or {}).get(JSON_MARK)
        plain = _unwrapped(values) if marked else _texts(values, reading)
        if name in major:
            _amounts(found, name, plain, reading)
            continue
        better = _better(name, kind, plain, reading)
        found.add(name, plain if better is None and marked else better)
    return found


def _texts(values: pa.ChunkedArray, reading: Reading) -> pa.ChunkedArray:
    texts = values.cast(pa.string())
    if not reading.nulls:
        return texts
    empty = pc.is_in(texts, pa.array(reading.nulls, pa.string()))
    return pc.if_else(empty, None, texts)


def _better(
    name: str, kind: Kind, texts: pa.ChunkedArray, reading: Reading
) -> pa.ChunkedArray | None:
    if kind in ("timestamp", "date"):
        return time_texts.canonical(texts, reading)
    if name == "timezone":
        return pa.chunked_array([pa.array([_zone(t) for t in texts.to_pylist()], pa.string())])
    if kind in ("int", "float"):
        return _numbers(texts, *_sign(name, reading), whole=kind == "int")
    return None


def _zone(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    return home_zones.named(text) or UNREADABLE


def _unwrapped(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The single values of a column of JSON; an object or a list is none."""

    def one(text: str | None) -> str | None:
        value = json.loads(text) if text else None
        if value is None or isinstance(value, dict | list):
            return None
        return value if isinstance(value, str) else json.dumps(value)

    return pa.chunked_array([pa.array([one(v) for v in values.to_pylist()], pa.string())])


def _sign(name: str, reading: Reading) -> tuple[number_texts.Sign, bool]:
    if reading.decimal:
        return reading.decimal, True
    return reading.found.get(name, ""), False


def _numbers(
    texts: pa.ChunkedArray, sign: number_texts.Sign, sure: bool, whole: bool
) -> pa.ChunkedArray | None:
    def one(text: str) -> str:
        number = number_texts.read(text, sign, sure=sure)
        if number is None or number.currency:
            return UNREADABLE
        if whole and number.value != number.value.to_integral_value():
            return UNREADABLE
        return f"{number.value:f}"

    return _replaced(texts, sign, one)


def _amounts(found: Readable, name: str, texts: pa.ChunkedArray, reading: Reading) -> None:
    sign, sure = _sign(name, reading)
    beside: dict[str, str] = {}

    def one(text: str) -> str:
        number = number_texts.read(text, sign, sure=sure)
        codes = number_texts.codes(number.currency) if number and number.currency else ()
        if number is None or (number.currency and not codes):
            return UNREADABLE
        if codes:
            beside[text] = ",".join(codes)
        return f"{number.value:f}"

    found.add(name, _replaced(texts, sign, one))
    if beside:
        where = pc.index_in(texts, pa.array(list(beside), pa.string()))
        allowed = pc.take(pa.array(list(beside.values()), pa.string()), where)
        found.currencies = "readable:currencies"
        found.data = found.data.append_column(found.currencies, allowed)


def _replaced(
    texts: pa.ChunkedArray, sign: number_texts.Sign, one: Callable[[str], str]
) -> pa.ChunkedArray | None:
    """The column with every text that is no plain number replaced; None if all are plain."""
    fast = pc.match_substring_regex(texts, _WHOLE if sign == "," else _PLAIN)
    slow = pc.invert(pc.fill_null(fast, True))
    slow = pc.and_(slow, pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0))
    if not pc.any(slow).as_py():
        return None
    different = texts.filter(slow).unique().to_pylist()
    made = {text: one(text) for text in different if text is not None}
    where = pc.index_in(texts, pa.array(list(made), pa.string()))
    return pc.coalesce(pc.take(pa.array(list(made.values()), pa.string()), where), texts)
