"""Validation: what lands, what is refused and why, and how a fact without an id is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.analytics.tables import TABLES
from tenure.facts.casts import Reading
from tenure.facts.validate import accept

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def take(
    table: str, *rows: dict[str, Any], **options: Any
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Good rows as dictionaries, and the refusals; history unless told otherwise."""
    reading = options.pop("reading", None)
    options = {"source": "test", "backfill": True, **options}
    good, bad = accept(table, list(rows), now=NOW, reading=reading, **options)
    assert good.schema.equals(TABLES[table].arrow_schema())
    return good.to_pylist(), bad


def event(**fields: Any) -> dict[str, Any]:
    return {"account_id": "acme", "event": "Login", "timestamp": "2024-05-01T10:00:00Z", **fields}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00"),
        ("2024-05-01 10:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00+00:00"),
        (1714557600, "2024-05-01T10:00:00+00:00"),
        ("1714557600", "2024-05-01T10:00:00+00:00"),
        (1714557600123, "2024-05-01T10:00:00.123000+00:00"),
        (1714557600.5, "2024-05-01T10:00:00.500000+00:00"),
        ("20240501", "2024-05-01T00:00:00+00:00"),
        (datetime(2024, 5, 1, 10), "2024-05-01T10:00:00+00:00"),
    ],
)
def test_times_are_read_as_they_are_written(written: Any, meant: str) -> None:
    good, bad = take("events", event(timestamp=written))
    assert not bad
    assert good[0]["timestamp"] == datetime.fromisoformat(meant)


@pytest.mark.parametrize("written", ["yesterday", "1/9/2015", "2024-13-01", "12:00", "true"])
def test_a_time_that_would_have_to_be_guessed_is_refused(written: str) -> None:
    good, bad = take("events", event(timestamp=written))
    assert not good
    assert (bad[0].code, bad[0].field) == ("not_timestamp", "timestamp")
    assert written in bad[0].reason
    assert "To fix: " in bad[0].reason


@pytest.mark.parametrize(
    ("format_", "written", "meant"),
    [
        ("m/d/yyyy", "1/9/2015", "2015-01-09T00:00:00+00:00"),
        ("%d.%m.%Y %H:%M", "09.01.2015 13:05", "2015-01-09T13:05:00+00:00"),
        ("dd.mm.yyyy hh:mm", "09.01.2015 13:05", "2015-01-09T13:05:00+00:00"),
        ("days-since:2013-10-01", "-10", "2013-09-21T00:00:00+00:00"),
        ("days-since:2013-10-01", 5, "2013-10-06T00:00:00+00:00"),
    ],
)
def test_a_named_format_is_used(format_: str, written: Any, meant: str) -> None:
    good, _ = take("events", event(timestamp=written), reading=Reading(date_format=format_))
    assert good[0]["timestamp"] == datetime.fromisoformat(meant)


def test_times_without_a_zone_take_the_zone_that_is_named() -> None:
    reading = Reading(zone="Europe/Berlin")
    good, _ = take(
        "events", event(timestamp="2024-07-01 10:00:00"), event(timestamp="2024-01-01 10:00:00Z"),
        reading=reading, backfill=True,
    )  # fmt: skip
    assert [row["timestamp"].hour for row in good] == [10]
    summer, _ = take("events", event(timestamp="2024-05-01 10:00:00"), reading=reading)
    assert summer[0]["timestamp"].hour == 8


def test_numbers_booleans_and_empty_values() -> None:
    rows, bad = take(
        "plans",
        {"plan_id": 7, "level": "2.0", "seat_limit": "", "price_minor": 1999.0},
        {"plan_id": "8", "level": "two"},
        {"plan_id": "9", "usage_limit": "1,000"},
    )
    assert (rows[0]["plan_id"], rows[0]["level"], rows[0]["seat_limit"]) == ("7", 2, None)
    assert [(r.row, r.code, r.field) for r in bad] == [
        (1, "not_int", "level"),
        (2, "not_int", "usage_limit"),
    ]
    features, _ = take("features", {"feature_id": "f", "event": "E", "core": "Yes"})
    assert features[0]["core"] is True


def test_whole_floats_are_ids_without_a_fraction() -> None:
    frame = pd.DataFrame({"account_id": [12.0, np.nan], "person_id": ["a", "b"], "event": "E"})
    frame["timestamp"] = pd.Timestamp("2024-05-01")
    good, _ = accept("events", pa.table(frame), now=NOW, source="s", backfill=True)
    assert good["account_id"].to_pylist() == ["12", None]


def test_unknown_columns_become_properties() -> None:
    good, _ = take("events", event(minutes=5, plan="pro", tags=["a"], nothing=None))
    assert json.loads(good[0]["properties"]) == {"minutes": 5, "plan": "pro", "tags": ["a"]}


def test_given_properties_and_unknown_columns_are_joined() -> None:
    good, _ = take("events", event(properties={"a": 1}, b=2))
    assert json.loads(good[0]["properties"]) == {"a": 1, "b": 2}


def test_properties_that_are_no_object_are_refused() -> None:
    _, bad = take("events", event(properties="[1]"), event(properties="{"))
    assert [r.code for r in bad] == ["not_object", "not_object"]


def test_text_full_of_digits_is_a_number_only_in_files_without_types() -> None:
    untyped, _ = take(
        "events", event(zip="01234", n="5", yes="True"), reading=Reading(untyped=True)
    )
    assert json.loads(untyped[0]["properties"]) == {"zip": "01234", "n": 5, "yes": True}
    typed, _ = take("events", event(n="5"))
    assert json.loads(typed[0]["properties"]) == {"n": "5"}


def test_what_is_required_is_required() -> None:
    _, bad = take("events", event(event=""), event(timestamp=None), event(account_id=" "))
    assert [r.field for r in bad] == ["event", "timestamp", "account_id"]
    assert all(r.code == "missing" for r in bad)


def test_the_far_future_is_refused_and_a_clock_ahead_set_back() -> None:
    good, bad = take(
        "events",
        event(timestamp=(NOW + timedelta(minutes=2)).isoformat()),
        event(timestamp=(NOW + timedelta(days=2)).isoformat()),
        backfill=False,
    )
    assert good[0]["timestamp"] == NOW
    assert [r.code for r in bad] == ["in_future"]


def test_history_counts_as_received_when_it_happened() -> None:
    good, _ = take("events", event())
    assert good[0]["received_at"] == good[0]["timestamp"]
    assert good[0]["backfill"] is True
    told, _ = take("events", event(received_at="2024-05-03T00:00:00Z"))
    assert told[0]["received_at"] == datetime(2024, 5, 3, tzinfo=UTC)
    assert told[0]["backfill"] is False
    live, _ = take("events", event(), backfill=False)
    assert live[0]["received_at"] == NOW


def test_nothing_is_received_before_it_happened() -> None:
    good, _ = take("events", event(received_at="2024-04-01T00:00:00Z"))
    assert good[0]["received_at"] == good[0]["timestamp"]


def test_a_missing_time_takes_the_next_best_or_holds_since_ever() -> None:
    paid, _ = take(
        "subscriptions", {"subscription_id": 1, "account_id": 2, "started_at": "2024-01-01"}
    )
    assert paid[0]["updated_at"] == datetime(2024, 1, 1, tzinfo=UTC)
    plan, _ = take("plans", {"plan_id": "p"})
    assert plan[0]["updated_at"] == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("usd", "12.5", 1250), ("JPY", 900, 900), ("KWD", 1.234, 1234), ("EUR", "-0.05", -5)],
)
def test_major_units_become_minor_units_of_the_currency(
    currency: str, amount: Any, minor: int
) -> None:
    row = {"subscription_id": 1, "account_id": 2, "started_at": "2024-01-01", "mrr": amount}
    good, _ = take("subscriptions", {**row, "currency": currency})
    assert good[0]["mrr_minor"] == minor
    assert good[0]["currency"] == currency.upper()


def test_major_units_need_a_currency() -> None:
    row = {"subscription_id": 1, "account_id": 2, "started_at": "2024-01-01", "mrr": 5}
    _, bad = take("subscriptions", row, {**row, "currency": "dollars"})
    assert [r.code for r in bad] == ["currency_missing", "currency_unknown"]
    assert json.loads(bad[0].payload)["mrr"] == 5


def test_words_of_a_fixed_list_are_read_in_other_spellings() -> None:
    row = {"subscription_id": 1, "account_id": 2, "started_at": "2024-01-01"}
    good, _ = take("subscriptions", {**row, "status": "Canceled"}, {**row, "status": "Past due"})
    assert {r["status"] for r in good} == {"cancelled", "past_due"}


def test_ids_that_are_too_long_are_refused() -> None:
    _, bad = take("events", event(account_id="x" * 300), event(event="e" * 201))
    assert [(r.code, r.field) for r in bad] == [("too_long", "account_id"), ("too_long", "event")]
    assert "255" in bad[0].reason


def test_equal_rows_are_two_facts_and_the_same_rows_again_the_same_two() -> None:
    first, _ = take("events", event(), event(), event(account_id="b"))
    again, _ = take("events", event(), event(), event(account_id="b"))
    ids = [row["message_id"] for row in first]
    assert len(set(ids)) == 3
    assert ids == [row["message_id"] for row in again]
    assert ids[1] == f"{ids[0]}-2"


def test_the_same_content_has_the_same_id_in_whatever_form_it_comes() -> None:
    as_rows, _ = take("events", event(account_id=7))
    frame = pd.DataFrame([{"event": "Login", "account_id": "7"}])
    frame["timestamp"] = pd.Timestamp("2024-05-01T10:00:00", tz="Europe/London") + pd.Timedelta(
        "1h"
    )
    as_frame, _ = accept("events", pa.table(frame), now=NOW, source="x", backfill=True)
    assert as_frame["message_id"].to_pylist() == [as_rows[0]["message_id"]]


def test_a_refused_row_keeps_what_could_be_read_and_the_wrong_value_as_it_came() -> None:
    row = {"subscription_id": "s", "account_id": 1, "started_at": "1/2/2024", "quantity": "1,5"}
    _, bad = take("subscriptions", row, reading=Reading(date_format="m/d/yyyy"))
    payload = json.loads(bad[0].payload)
    assert payload["started_at"].startswith("2024-01-02")
    assert payload["quantity"] == "1,5"
    assert payload["backfill"] is True


def test_an_unknown_table_refuses_all_rows() -> None:
    _, bad = accept("visits", [{"a": 1}], now=NOW, source="s")
    assert [r.code for r in bad] == ["unknown_table"]


def test_no_rows_are_no_facts() -> None:
    good, bad = accept("events", [], now=NOW, source="s")
    assert (good.num_rows, bad) == (0, [])


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.datetimes(),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(), st.integers(), max_size=2),
)  # fmt: skip
FIELDS = st.sampled_from(
    [
        "account_id",
        "person_id",
        "event",
        "timestamp",
        "properties",
        "message_id",
        "received_at",
        "x",
    ]
)


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=6), max_size=6))
def test_whatever_comes_each_row_lands_or_is_refused(rows: list[dict[str, Any]]) -> None:
    good, bad = accept("events", rows, now=NOW, source="s", backfill=True)
    assert good.num_rows + len(bad) == len(rows)
    for row in good.to_pylist():
        assert row["received_at"] >= row["timestamp"]
        assert row["received_day"] == row["received_at"].date()
        assert isinstance(json.loads(row["properties"] or "{}"), dict)
    for refusal in bad:
        assert isinstance(json.loads(refusal.payload), dict)
        assert "To fix: " in refusal.reason


@pytest.mark.parametrize("other", [{"a": 1}, {}, None, "", [2]])
@pytest.mark.parametrize(
    ("given_", "kept"),
    [("{als}", None), ([1], None), (["a", {"b": 1}], None), ("nonsense", None), (7, None),
     ('{"a": 1}', {"a": 1}), ({"x": {"y": [1]}}, {"x": {"y": [1]}})],
)  # fmt: skip
def test_properties_that_are_no_object_are_refused_whatever_the_others_are(
    given_: Any, kept: Any, other: Any
) -> None:
    event = {"event": "Login", "account_id": "a", "timestamp": NOW - timedelta(days=1)}
    rows = [event | {"properties": given_, "message_id": "one"}]
    rows.append(event | {"properties": other, "message_id": "other"})
    good, bad = accept("events", rows, now=NOW, source="s", backfill=True)
    landed = {r["message_id"]: r["properties"] for r in good.to_pylist()}
    refused = {json.loads(b.payload)["message_id"]: b.reason for b in bad}
    if kept is None:
        assert "no JSON object" in refused["one"]
    else:
        assert json.loads(landed["one"]) == kept
    if other == [2]:
        assert "no JSON object" in refused["other"]
    else:
        assert json.loads(landed["other"] or "{}") == (other or {})


def test_a_key_without_a_name_is_kept_under_one() -> None:
    event = {"event": "Login", "account_id": "a", "timestamp": NOW - timedelta(days=1)}
    rows = [event | {"": [{"x": 1}], "\x00": 2, "(no name)": 3}]
    good, bad = accept("events", rows, now=NOW, source="s", backfill=True)
    assert bad == []
    (row,) = good.to_pylist()
    assert sorted(json.loads(row["properties"]).items(), key=str) == [
        ("(no name)", [{"x": 1}]), ("(no name)_", 2), ("(no name)__", 3),
    ]  # fmt: skip


def test_a_time_before_the_year_one_is_refused_with_its_number_kept() -> None:
    good, bad = accept(
        "events",
        [{"event": "Login", "account_id": "a", "timestamp": -99_000_000_000_000_000}],
        now=NOW, source="s", backfill=True,
    )  # fmt: skip
    assert (good.num_rows, [r.field for r in bad]) == (0, ["timestamp"])
    assert json.loads(bad[0].payload)["timestamp"] == -99_000_000_000_000_000


def test_a_column_of_times_before_the_year_one_is_refused_and_told() -> None:
    strange = pa.array([-99_000_000_000_000_000], pa.timestamp("us", "UTC"))
    table = pa.table({"event": ["Login"], "account_id": ["a"], "timestamp": strange})
    good, bad = accept("events", table, now=NOW, source="s", backfill=True)
    assert (good.num_rows, [r.field for r in bad]) == (0, ["timestamp"])
    assert "timestamp" in json.loads(bad[0].payload)


@pytest.mark.parametrize("field", ["account_id", "person_id", "event", "session_id", "timestamp"])
@pytest.mark.parametrize("value", [{"id": 5}, ["a"], {}])
def test_an_object_is_never_an_id_and_harms_no_other_row(field: str, value: Any) -> None:
    rows = [event(**{field: value}), event(person_id="ann", session_id="s1"), event(account_id=7)]
    good, bad = take("events", *rows)
    assert [(r.row, r.field) for r in bad] == [(0, field)]
    assert [r["account_id"] for r in good] == ["acme", "7"]
    assert good[0]["person_id"] == "ann"
    assert good[0]["session_id"] == "s1"


def test_a_nested_column_of_a_typed_file_is_no_id() -> None:
    data = pa.table({"account_id": [{"id": "a"}], "event": ["E"], "timestamp": ["2024-05-01"]})
    good, bad = accept("events", data, now=NOW, source="s", backfill=True)
    assert good.num_rows == 0
    assert [(r.code, r.field) for r in bad] == [("not_text", "account_id")]
