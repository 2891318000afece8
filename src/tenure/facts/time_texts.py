"""Columns of times that are text, brought to ISO 8601 in UTC where the engine cannot read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts import time_patterns
from tenure.facts.casts import DAYS_SINCE, NUMBER_TIME, PLAIN_TIME, ZONED_TIME, Reading

_FAST = rf"^\s*({PLAIN_TIME}|{ZONED_TIME}|{NUMBER_TIME})?\s*$"


_SPREADSHEET = "days-since:1899-12-30"
"""How spreadsheets number days."""


def canonical(column: pa.ChunkedArray, reading: Reading) -> pa.ChunkedArray | None:
    """The column with every other text it can read as ISO 8601 in UTC; None if none needs it.

    Texts that are no time are left as they are: the engine refuses them.
    """
    texts = column.cast(pa.string())
    if reading.date_format.startswith(DAYS_SINCE):
        return None
    slow = pc.fill_null(pc.is_valid(texts), False)
    if not reading.date_format:
        slow = pc.and_(slow, pc.invert(pc.fill_null(pc.match_substring_regex(texts, _FAST), True)))
    if not pc.any(slow).as_py():
        return None
    different = texts.filter(slow).unique()
    read = dict(readable(different.to_pylist(), reading))
    if not read:
        return None
    found = pc.index_in(texts, pa.array(list(read), pa.string()))
    moments = pa.array(list(read.values()), pa.string())
    return pc.coalesce(pc.take(moments, found), texts)


def readable(texts: list[str], reading: Reading) -> Iterator[tuple[str, str]]:
    """Those of the texts that are times, and the time of each in ISO 8601."""
    zone = ZoneInfo(reading.zone)
    patterns = [time_patterns.ISO]
    if reading.date_format:
        patterns.insert(0, time_patterns.compiled(reading.date_format))
    for text in texts:
        for pattern in patterns:
            moment = pattern.read(text, zone)
            if moment is not None:
                yield text, moment.isoformat()
                break


def advice(text: str) -> str:
    """What to write instead of ``text``, or which format to name, in the words of the command.

    >>> advice("2024-03-01 09:30 CST")
    'write its zone as an offset, such as -06:00, in place of CST'
    """
    zone = re.fullmatch(
        r"\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}[\d:.,]*\s*([A-Za-z]{2,})", text.strip()
    )
    if zone:
        return f"write its zone as an offset, such as -06:00, in place of {zone[1]}"
    formats = " or ".join(f'--date-format "{pattern}"' for pattern in suggested(text))
    return f"name the format: {formats}" if formats else ""


def suggested(text: str) -> list[str]:
    """Patterns under which ``text`` would be a time, the likelier first; empty if there is none.

    >>> suggested("3/1/2024, 9:30 AM"), suggested("05-Mar-2024 13:05")
    (['m/d/yyyy, h:mm AM', 'd/m/yyyy, h:mm AM'], ['dd-mmm-yyyy hh:mm'])
    """
    if re.fullmatch(r"[2-7]\d{4}([.,]\d+)?", text.strip()):
        return [_SPREADSHEET]
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        return []
    utc = ZoneInfo("UTC")
    made = [day + _time(match) for day in _days(match)]
    return [p for p in made if time_patterns.compiled(p).read(text, utc) is not None]


_SHAPE = re.compile(
    r"(?P<week>[^\W\d_]{2,10}\.?,?\s+)?"
    r"(?:(?P<one>\d{1,2})(?P<s1>[/.\-\s]\s?)(?P<two>\d{1,2})(?P<s2>[/.\-\s]\s?)(?P<y1>\d{4}|\d\d)"
    r"|(?P<day>\d{1,2})(?P<s3>[/.\-\s]\s?)[a-z]{3,9}(?P<s4>[/.\-,\s]\s?)(?P<y2>\d{4}|\d\d)"
    r"|(?P<first>[a-z]{3,9})(?P<s5>[.\-\s]\s?)(?P<day2>\d{1,2})(?P<s6>,?\s|-)(?P<y3>\d{4}))"
    r"(?P<gap>T|,?\s+|\s+-\s+)?"
    r"(?:(?P<hour>\d{1,2})(?P<c1>[:.])\d\d(?:(?P<c2>[:.])\d\d(?:[.,]\d{1,9})?)?"
    r"(?P<half>\s*[ap]\.?\s?m\.?)?(?P<zone>\s*(?:z|(?:utc|gmt)?\s?[+-]\d.*|[a-z]+(?:/\w+)?))?)?",
    re.IGNORECASE,
)


def _days(match: re.Match[str]) -> list[str]:
    week = "ddd" + _after(match["week"]) if match["week"] else ""
    year = "yyyy" if len(match["y1"] or match["y2"] or match["y3"]) == 4 else "yy"
    if match["one"]:
        first, second = match["s1"], match["s2"]
        wide = "mm" if len(match["one"]) > 1 and match["one"][0] == "0" else "m"
        letters = ("dd", "mm") if wide == "mm" else ("d", "m")
        orders = [(letters[1], letters[0]), letters]
        if first.strip() == ".":
            orders.reverse()
        return [f"{week}{a}{first}{b}{second}{year}" for a, b in orders]
    if match["day"]:
        day = "dd" if len(match["day"]) > 1 else "d"
        return [f"{week}{day}{match['s3']}mmm{match['s4']}{year}"]
    return [f"{week}mmm{match['s5']}d{match['s6']}{year}"]


def _after(week: str) -> str:
    return re.sub(r"^[^\W\d_]+", "", week)


def _time(match: re.Match[str]) -> str:
    if not match["hour"]:
        return ""
    gap = "'T'" if match["gap"] in ("T", "t") else (match["gap"] or " ")
    hour = "h" if match["half"] or len(match["hour"]) == 1 else "hh"
    clock = f"{gap}{hour}{match['c1']}mm" + (f"{match['c2']}ss" if match["c2"] else "")
    return clock + (" AM" if match["half"] else "") + (" z" if match["zone"] else "")
