"""Times as text: matched whole, with every way of naming a zone, or refused with the way out."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.errors import SpecError
from tenure.facts import time_texts, zones
from tenure.facts.casts import Reading
from tenure.facts.time_patterns import ISO, compiled
from tenure.facts.time_texts import suggested
from tenure.facts.validate import accept

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(text: str, **reading: Any) -> datetime | str:
    """The moment, or the reason of the refusal."""
    row = {"account_id": "a", "event": "E", "timestamp": text}
    good, bad = accept(
        "events", [row], now=NOW, source="s", backfill=True, reading=Reading(**reading)
    )
    return bad[0].reason if bad else good["timestamp"][0].as_py()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-01 09:30 PM", "2024-03-01T20:30"),
        ("2024-03-01 12:05:07 a.m.", "2024-02-29T23:05:07"),
        ("2024-03-01 12:00 PM", "2024-03-01T11:00"),
        ("2024-03-01 09:30\u202fAM", "2024-03-01T08:30"),
        ("2024-03-01 09:30:00 PST", "2024-03-01T17:30"),
        ("2024-07-01 09:30 CET", "2024-07-01T08:30"),
        ("2024-07-01 09:30 Europe/Berlin", "2024-07-01T07:30"),
        ("2024-07-01 09:30 america/new_york", "2024-07-01T13:30"),
        ("2024-07-01T09:30:00+02:00[Europe/Berlin]", "2024-07-01T07:30"),
        ("2025-07-05 13:05:00 -0500", "2025-07-05T18:05"),
        ("2025-07-05 13:05:00 +0000", "2025-07-05T13:05"),
        ("2025-07-05 13:05:00-05", "2025-07-05T18:05"),
        ("2025-07-05T13:05:00.123456789+14:00", "2025-07-04T23:05:00.123456"),
        ("2025-07-05 13:05 UTC", "2025-07-05T13:05"),
        ("2025-07-05 13:05 GMT+2", "2025-07-05T11:05"),
        ("2025-07-05 13:05", "2025-07-05T11:05"),
        ("2025-07-05", "2025-07-04T22:00"),
        ("2025/7/5 7:05", "2025-07-05T05:05"),
        ("2025-07-05, 7:05:09,5", "2025-07-05T05:05:09.500"),
    ],
)
def test_every_way_of_writing_a_time_is_read_whole(text: str, utc: str) -> None:
    assert read(text, zone="Europe/Berlin") == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01 09:30 foo", "2024-03-01 13:30 PM", "2024-03-01 00:30 AM", "2024-03-01 09:30 P",
        "2024-03-01 09:30 CST", "2024-03-01 09:30 IST", "2024-03-01 09:30 +15:00",
        "2024-03-01 09:30 Europe/Nowhere", "2024-03-01 about noon", "2024-03-01 09:30 or later",
        "2024-03-01 25:00", "2024-02-30", "2024-03-01Z", "2024-03-01 09:30+02:00[Mars/Base]",
        "2024-03-01 09:30 +01:00 +02:00", "2024-03-01 09:30:61",
    ],
)  # fmt: skip
def test_what_stands_after_a_time_is_never_dropped(text: str) -> None:
    assert isinstance(read(text), str)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Tokyo"])
@pytest.mark.parametrize("pattern", ["", "%Y-%m-%d %H:%M:%S %z", "yyyy-mm-dd hh:mm:ss z"])
def test_a_text_that_names_its_offset_is_not_shifted_by_the_zone(zone: str, pattern: str) -> None:
    for text, hour in (("2025-07-05 13:05:00 -0500", 18), ("2025-07-05 13:05:00 +0000", 13)):
        found = read(text, zone=zone, date_format=pattern)
        assert found == datetime(2025, 7, 5, hour, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text", "utc"),
    [
        ("dd-mmm-yyyy hh:mm", "05-Mar-2024 13:05", "2024-03-05T12:05"),
        ("m/d/yyyy, h:mm AM", "3/5/2024, 9:30 PM", "2024-03-05T20:30"),
        ("m/d/yyyy h:mm a", "3/5/2024 12:30 am", "2024-03-04T23:30"),
        ("%d/%m/%Y %I:%M %p", "05/03/2024 01:05 PM", "2024-03-05T12:05"),
        ("yyyy-mm-dd hh:mm:ss UTC", "2024-03-05 13:05:00 UTC", "2024-03-05T13:05"),
        ("dd.mm.yyyy hh:mm:ss", "05.03.2024 13:05:09.25", "2024-03-05T12:05:09.250"),
        ("hh:mm dd/mm/yyyy", "13:05 05/03/2024", "2024-03-05T12:05"),
        ("ddd, dd mmm yyyy hh:mm:ss z", "Tue, 05 Mar 2024 13:05:00 +0100", "2024-03-05T12:05"),
        ("yyyy-mm-dd'T'hh:mm:ssXXX", "2024-03-05T13:05:00-05:00", "2024-03-05T18:05"),
        ("yyyymmdd hhmm", "20240305 1305", "2024-03-05T12:05"),
        ("%d.%m.%y", "05.03.24", "2024-03-04T23:00"),
        ("%Y%m%d%H%M%S%f", "20240305130509250", "2024-03-05T12:05:09.250"),
        ("m/d/yyyy", "2024-03-05 13:05", "2024-03-05T12:05"),
    ],
)
def test_the_forms_of_exports_can_be_named(pattern: str, text: str, utc: str) -> None:
    found = read(text, zone="Europe/Berlin", date_format=pattern)
    assert found == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("m/d/yyyy h:mm", "3/5/2024 9:30 PM"),
        ("m/d/yyyy", "3/5/2024 9:30"),
        ("m/d/yyyy hh:mm", "3/5/2024 9:30 +0100"),
        ("dd-mmm-yyyy", "05-Foo-2024"),
        ("m/d/yyyy", "1714557600"),
    ],
)
def test_a_named_format_must_name_all_of_the_text(pattern: str, text: str) -> None:
    assert isinstance(read(text, date_format=pattern), str)


@pytest.mark.parametrize(
    "pattern", ["d.m.", "yyyy", "d/m", "%H:%M", "m/m/yyyy", "%Y-%m-%d %Q", "yyyy-mm-dd yyyy"]
)
def test_a_format_without_a_whole_day_is_refused(pattern: str) -> None:
    with pytest.raises(SpecError, match="write it such as"):
        compiled(pattern)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("3/5/2024, 9:30 AM", '--date-format "m/d/yyyy, h:mm AM" or --date-format "d/m/yyyy, h:mm'),
        ("05-Mar-2024 13:05", '--date-format "dd-mmm-yyyy hh:mm"'),
        ("31/12/2024", '--date-format "d/m/yyyy"'),
        ("45352.5", '--date-format "days-since:1899-12-30"'),
        ("2024-03-01 09:30 IST", "in place of IST"),
    ],
)
def test_a_refusal_says_how_the_form_is_named(text: str, how: str) -> None:
    assert how in str(read(text))


MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2025, 12, 31))
OFFSETS = st.integers(-13 * 60, 13 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(MOMENTS, OFFSETS | st.none(), st.sampled_from(["T", " "]))
def test_the_engine_and_the_pattern_read_iso_8601_alike(
    moment: datetime, offset: timezone | None, sep: str
) -> None:
    text = moment.replace(tzinfo=offset).isoformat(sep)
    there = moment.replace(tzinfo=offset or BERLIN).astimezone(UTC)
    assert read(text, zone="Europe/Berlin") == there == ISO.read(text, BERLIN)


WRITTEN = st.sampled_from(
    ["%d.%m.%Y %H:%M", "%m/%d/%Y, %I:%M %p", "%d-%b-%Y %H:%M:%S", "%b %d, %Y", "%d/%m/%y %H:%M",
     "%a, %d %b %Y %H:%M:%S +0000", "%d %B %Y %I:%M:%S %p UTC"]
)  # fmt: skip


@given(MOMENTS, WRITTEN)
def test_one_of_the_formats_a_refusal_suggests_reads_the_text(moment: datetime, form: str) -> None:
    text = moment.strftime(form)
    meant = datetime.strptime(text, form).replace(tzinfo=UTC)
    assert meant in [compiled(p).read(text, ZoneInfo("UTC")) for p in suggested(text)]


@given(MOMENTS, st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=6))
def test_a_text_is_read_with_all_that_follows_or_not_at_all(moment: datetime, tail: str) -> None:
    text = f"{moment.replace(microsecond=0).isoformat(' ')} {tail}"
    found = read(text)
    known = ISO.read(text, ZoneInfo("UTC"))
    assert (found == known) if known else isinstance(found, str)


def test_the_examples_hold() -> None:
    assert doctest.testmod(time_texts).failed == doctest.testmod(zones).failed == 0
