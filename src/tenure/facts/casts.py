"""How a value as it came becomes a value of the lake, as DuckDB expressions (so: by column).

Each expression gives NULL where the value cannot be read; the caller compares with the raw value to
tell "empty" from "wrong". Nothing is guessed: ``1/9/2015`` is a time only when a format is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.analytics.money import DECIMALS
from tenure.analytics.tables import Kind
from tenure.facts.number_texts import Sign

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
PLAIN_TIME = f"{_DAY}({_CLOCK})?"
"""Text that the engine reads as a time without a zone, whole."""
ZONED_TIME = f"{_DAY}{_CLOCK}(Z|[+-](0[0-9]|1[0-3])(:?[0-5][0-9])?)"
"""Text that the engine reads as a time with its zone, whole."""
NUMBER_TIME = "[+-]?[0-9]+([.][0-9]+)?([eE][+]?[0-9]+)?"
"""Seconds, milli- or microseconds since 1970, or a day as yyyymmdd."""
DAYS_SINCE = "days-since:"


@dataclass(frozen=True)
class Reading:
    """How to read what stands in the rows.

    ``zone`` is the IANA zone of times that name none; ``date_format`` such as ``m/d/yyyy``,
    ``%d.%m.%Y %H:%M`` or ``days-since:2013-10-01``; ``nulls`` are texts that mean "empty";
    ``major`` names amount columns (``mrr_minor``) that are given in major units; ``untyped`` says
    that all is text (CSV), so that unknown columns full of digits become numbers; ``decimal`` is
    the decimal sign of numbers that are text, if somebody named it, and ``found`` the one that the
    values of each field's column showed.
    """

    zone: str = "UTC"
    date_format: str = ""
    nulls: tuple[str, ...] = ()
    major: frozenset[str] = field(default_factory=frozenset)
    untyped: bool = False
    decimal: Sign = ""
    found: Mapping[str, Sign] = field(default_factory=dict)


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type holds text."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def as_text(column: str, kind: pa.DataType, nulls: tuple[str, ...] = ()) -> str:
    """The raw value as text, NULL where it is empty. Whole floats lose their ``.0`` (ids!)."""
    if pa.types.is_floating(kind):
        whole = f"{column} = trunc({column}) AND abs({column}) < 9007199254740992"
        text = (
            f"CASE WHEN isnan({column}) THEN NULL WHEN {whole}"
            f" THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
        )
    elif pa.types.is_boolean(kind):
        text = f"CASE {column} WHEN true THEN 'true' WHEN false THEN 'false' END"
    elif pa.types.is_null(kind):
        text = "CAST(NULL AS VARCHAR)"
    else:
        text = f"CAST({column} AS VARCHAR)"
    if not is_text(kind):
        return text
    for empty in ("", *nulls):
        text = f"nullif({text}, {literal(empty)})"
    return text


def cast(kind: Kind, column: str, arrow: pa.DataType, reading: Reading) -> str:
    """The expression that makes ``column`` (of type ``arrow``) a value of ``kind``."""
    text = as_text(column, arrow, reading.nulls)
    if kind == "text":
        return f"nullif(trim(replace({text}, chr(0), '')), '')" if is_text(arrow) else text
    if kind == "int":
        return _whole(text)
    if kind == "float":
        return f"CASE WHEN isfinite(TRY_CAST({text} AS DOUBLE)) THEN TRY_CAST({text} AS DOUBLE) END"
    if kind == "bool":
        return _truth(text)
    if kind in ("timestamp", "date"):
        return _moment(column, text, arrow, reading)
    return text


def _whole(text: str) -> str:
    return (
        f"CASE WHEN regexp_full_match(trim({text}), '[+-]?[0-9]{{1,18}}(\\.0*)?')"
        f" THEN TRY_CAST(split_part(trim({text}), '.', 1) AS BIGINT) END"
    )


def _truth(text: str) -> str:
    low = f"lower(trim({text}))"
    return (
        f"CASE WHEN {low} IN ('true','t','1','yes','y') THEN true"
        f" WHEN {low} IN ('false','f','0','no','n') THEN false END"
    )


def _moment(column: str, text: str, arrow: pa.DataType, reading: Reading) -> str:
    zone = literal(reading.zone)
    if pa.types.is_timestamp(arrow) and arrow.tz is not None:
        return f"CAST({column} AS TIMESTAMPTZ)"
    if pa.types.is_timestamp(arrow) or pa.types.is_date(arrow):
        return f"timezone({zone}, CAST({column} AS TIMESTAMP))"
    if reading.date_format.startswith(DAYS_SINCE):
        days, first = f"TRY_CAST({text} AS DOUBLE)", _first_day(reading.date_format)
        passed = f"to_microseconds(CAST(round({days} * 86400000000) AS BIGINT))"
        return f"timezone({zone}, TIMESTAMP {literal(first)} + {passed})"
    clean = f"trim({text})"
    return (
        f"CASE WHEN regexp_full_match({clean}, '{ZONED_TIME}')"
        f" THEN TRY_CAST({clean} AS TIMESTAMPTZ)"
        f" WHEN regexp_full_match({clean}, '{PLAIN_TIME}')"
        f" THEN timezone({zone}, TRY_CAST({clean} AS TIMESTAMP))"
        f" ELSE {'NULL' if reading.date_format else _epoch(clean)} END"
    )


def _first_day(date_format: str) -> str:
    day = date_format.partition(":")[2].strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise SpecError(
            "--date-format", date_format, f"{day!r} is no day", "write days-since:2013-10-01"
        )
    return day


def _epoch(text: str) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    written = f"regexp_full_match({text}, '{NUMBER_TIME}')"
    micros = (
        f"CASE WHEN abs({number}) < 1e8 THEN NULL WHEN abs({number}) < 1e11 THEN {number} * 1e6"
        f" WHEN abs({number}) < 1e14 THEN {number} * 1e3"
        f" WHEN abs({number}) < 1e17 THEN {number} END"
    )
    day = f"regexp_full_match({text}, '(19|20)[0-9]{{6}}')"
    return (
        f"CASE WHEN {day} THEN timezone('UTC', CAST(try_strptime({text}, '%Y%m%d') AS TIMESTAMP))"
        f" WHEN {written} THEN make_timestamptz(CAST({micros} AS BIGINT)) END"
    )


def minor(text: str, currency: str) -> str:
    """An amount in major units as minor units of ``currency`` (two decimals unless ISO differs);
    NULL where it has more decimals than the currency."""
    cases = "".join(
        f" WHEN {currency} IN ({', '.join(literal(c) for c in codes)}) THEN {10**places}"
        for places, codes in DECIMALS.items()
    )
    amount = f"TRY_CAST(trim({text}) AS DECIMAL(30,8)) * (CASE{cases} ELSE 100 END)"
    return f"CASE WHEN {amount} = trunc({amount}) THEN TRY_CAST({amount} AS BIGINT) END"
