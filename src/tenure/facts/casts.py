"""How a value as it came becomes a value of the lake, as DuckDB expressions (so: by column).

Each expression gives NULL where the value cannot be read; the caller compares with the raw value to
tell "empty" from "wrong". Nothing is guessed: ``1/9/2015`` is a time only when a format is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.analytics.money import DECIMALS
from tenure.analytics.tables import Kind

_TOKEN = re.compile(r"%-?[A-Za-z%]|y{4}|y{2}|m{1,2}|d{1,2}|h{1,2}|s{1,2}", re.IGNORECASE)
_PLACES = {"yyyy": "%Y", "yy": "%y", "d": "%d", "h": "%H", "s": "%S"}


@dataclass(frozen=True)
class Reading:
    """How to read what stands in the rows.

    ``zone`` is the IANA zone of times that name none; ``date_format`` such as ``m/d/yyyy``,
    ``%d.%m.%Y %H:%M`` or ``days-since:2013-10-01``; ``nulls`` are texts that mean "empty";
    ``major`` names amount columns (``mrr_minor``) that are given in major units; ``untyped`` says
    that all is text (CSV), so that unknown columns full of digits become numbers.
    """

    zone: str = "UTC"
    date_format: str = ""
    nulls: tuple[str, ...] = ()
    major: frozenset[str] = field(default_factory=frozenset)
    untyped: bool = False


def quote(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def strptime_format(text: str) -> str:
    """A format as people write it, in strptime's language.

    >>> strptime_format("m/d/yyyy"), strptime_format("dd.mm.yyyy hh:mm")
    ('%m/%d/%Y', '%d.%m.%Y %H:%M')
    """
    if "%" in text:
        return text
    seen_hours = False

    def place(match: re.Match[str]) -> str:
        nonlocal seen_hours
        token = match.group().lower()
        if token[0] == "m":
            return "%M" if seen_hours else "%m"
        seen_hours = seen_hours or token[0] == "h"
        return _PLACES.get(token) or _PLACES[token[0]]

    done = _TOKEN.sub(place, text)
    if "%Y" not in done and "%y" not in done:
        raise SpecError(
            "--date-format", text, "names no year", "write it such as m/d/yyyy or %d.%m.%Y %H:%M"
        )
    return done


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
    written = _written(text, zone, reading.date_format)
    return f"COALESCE({written}, {_epoch(text)})" if not reading.date_format else written


def _written(text: str, zone: str, date_format: str) -> str:
    if date_format.startswith("days-since:"):
        first = _first_day(date_format)
        days = f"TRY_CAST({text} AS DOUBLE)"
        passed = f"to_microseconds(CAST(round({days} * 86400000000) AS BIGINT))"
        return f"timezone({zone}, TIMESTAMP {literal(first)} + {passed})"
    ending = "'(Z|z|[+-][0-9]{2}:?([0-9]{2})?)\\s*$'"
    has_zone = f"regexp_matches({text}, {ending}) AND length({text}) > 10"
    clean = f"regexp_replace(trim({text}), '\\s*UTC$', 'Z')"
    iso = (
        f"CASE WHEN NOT regexp_matches({text}, '^\\s*[0-9]{{4}}-[0-9]') THEN NULL"
        f" WHEN {has_zone} OR {text} LIKE '%UTC' THEN TRY_CAST({clean} AS TIMESTAMPTZ)"
        f" ELSE timezone({zone}, TRY_CAST({text} AS TIMESTAMP)) END"
    )
    if not date_format:
        return iso
    pattern = literal(strptime_format(date_format))
    told = f"CAST(try_strptime(trim({text}), {pattern}) AS TIMESTAMP)"
    return f"COALESCE(timezone({zone}, {told}), {iso})"


def _first_day(date_format: str) -> str:
    day = date_format.partition(":")[2].strip()
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise SpecError(
            "--date-format", date_format, f"{day!r} is no day", "write days-since:2013-10-01"
        )
    return day


def _epoch(text: str) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    micros = (
        f"CASE WHEN abs({number}) < 1e8 THEN NULL WHEN abs({number}) < 1e11 THEN {number} * 1e6"
        f" WHEN abs({number}) < 1e14 THEN {number} * 1e3"
        f" WHEN abs({number}) < 1e17 THEN {number} END"
    )
    day = f"regexp_full_match({text}, '(19|20)[0-9]{{6}}')"
    return (
        f"CASE WHEN {day} THEN timezone('UTC', CAST(try_strptime({text}, '%Y%m%d') AS TIMESTAMP))"
        f" ELSE make_timestamptz(CAST({micros} AS BIGINT)) END"
    )


def minor(text: str, currency: str) -> str:
    """An amount in major units as minor units of ``currency`` (two decimals unless ISO differs)."""
    cases = "".join(
        f" WHEN {currency} IN ({', '.join(literal(c) for c in codes)}) THEN {10**places}"
        for places, codes in DECIMALS.items()
    )
    amount = f"TRY_CAST({text} AS DECIMAL(24,6))"
    return f"CAST(round({amount} * (CASE{cases} ELSE 100 END), 0) AS BIGINT)"
