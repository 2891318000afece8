"""Reading one account's facts for its page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tenure.analytics.dataset import Dataset
from tenure.analytics.tables import TABLES
from tenure.facts import queries
from tenure.facts.lake import Lake

T = datetime(2026, 3, 2, tzinfo=UTC)
VALUES = {"text": "x", "int": 1, "float": 0.5, "bool": True, "timestamp": T - timedelta(days=1)}


def day(back: float) -> datetime:
    return T - timedelta(days=back)


def event(number: int, back: float, account: str = "acme", late: float = 0) -> dict:
    return {
        "message_id": f"m{number}",
        "account_id": account,
        "event": f"Event {number}",
        "timestamp": day(back),
        "received_at": day(back - late),
        "source": "test",
    }


def ticket(number: int, back: float, resolved: float | None = None) -> dict:
    return {
        "message_id": f"t{number}",
        "ticket_id": f"T{number}",
        "account_id": "acme",
        "opened_at": day(back),
        "received_at": day(back),
        "resolved_at": None if resolved is None else day(resolved),
        "subject": "Help",
    }


@pytest.fixture
def lake(tmp_path):
    made = Lake(tmp_path / "lake")
    numbers = iter(range(1, 100))

    def write(table: str, *rows: dict) -> Lake:
        made.append(table, pa.Table.from_pylist(list(rows)), ("test", next(numbers)))
        return made

    return write


def keys(entries) -> list[str]:
    return [entry.key for entry in entries]


def test_the_time_line_mixes_kinds_newest_first(lake):
    lake("events", event(1, 3), event(2, 1), event(3, 2, account="other"))
    data = lake("tickets", ticket(1, 2)).dataset()
    assert keys(queries.timeline("acme", T, dataset=data)) == ["m2", "t1", "m1"]
    assert keys(queries.timeline("acme", T, ["tickets"], dataset=data)) == ["t1"]


ABOUT_ACCOUNTS = [t for t in TABLES.values() if any(c.name == "account_id" for c in t.columns)]


@pytest.mark.parametrize("table", ABOUT_ACCOUNTS, ids=lambda t: t.name)
def test_a_fact_of_every_table_about_accounts_is_on_the_time_line(lake, table):
    needed = {c.name: VALUES[c.kind] for c in table.all_columns() if c.required}
    row = {**needed, "message_id": "m1", "account_id": "acme", table.time: day(1)}
    data = lake(table.name, row).dataset()
    assert keys(queries.timeline("acme", T, [table.name], dataset=data)) == ["m1"]


def test_details_that_each_sign_in_repeats_are_shown_to_who_asks_for_them_only(lake):
    lake("events", event(1, 3))
    row = {"message_id": "p1", "person_id": "ada", "account_id": "acme", "updated_at": day(1),
           "received_at": day(1)}  # fmt: skip
    data = lake("people", row).dataset()
    assert keys(queries.timeline("acme", T, dataset=data)) == ["m1"]
    assert keys(queries.timeline("acme", T, ["people"], dataset=data)) == ["p1"]


def test_pages_of_the_time_line_leave_nothing_out_and_repeat_nothing(lake):
    rows = [event(n, back=n * 0.7) for n in range(1, 60)]
    data = lake("events", *rows).dataset()
    seen, before = [], T
    while page := queries.timeline("acme", before, limit=7, dataset=data):
        seen += keys(page)
        before = page[-1].at
    assert seen == [f"m{n}" for n in range(1, 60)]


def test_facts_of_one_moment_stay_on_one_page(lake):
    data = lake("events", *(event(n, back=1) for n in range(9)), event(99, 2)).dataset()
    page = queries.timeline("acme", T, limit=4, dataset=data)
    assert len(page) == 9
    assert keys(queries.timeline("acme", page[-1].at, limit=4, dataset=data)) == ["m99"]


def test_facts_received_late_are_not_taken_for_the_newest(lake):
    old_but_late = [event(n, back=300 + n, late=299 + n) for n in range(5)]
    newer = [event(10 + n, back=40 + n) for n in range(5)]
    data = lake("events", *old_but_late, *newer).dataset()
    assert keys(queries.timeline("acme", T, limit=3, dataset=data)) == ["m10", "m11", "m12"]


def test_an_account_without_facts_has_an_empty_time_line(lake):
    assert queries.timeline("nobody", T, dataset=lake("events", event(1, 1)).dataset()) == []
    assert queries.timeline("nobody", T, dataset=Dataset({})) == []


def test_a_thing_is_shown_as_it_was_known_then(lake):
    data = lake("tickets", ticket(1, 10, resolved=2), ticket(2, 1)).dataset()
    now = {
        r["ticket_id"]: r["resolved_at"]
        for r in queries.rows_of("tickets", "acme", T, dataset=data)
    }
    assert now == {"T1": day(2), "T2": None}
    before = queries.rows_of("tickets", "acme", day(5), dataset=data)
    assert [(r["ticket_id"], r["resolved_at"]) for r in before] == [("T1", None)]


def test_the_latest_fact_about_a_thing_holds(lake):
    first, second = ticket(1, 10), {**ticket(1, 10), "message_id": "t9", "subject": "Renamed"}
    second["received_at"] = day(4)
    data = lake("tickets", first, second).dataset()
    assert [r["subject"] for r in queries.rows_of("tickets", "acme", T, dataset=data)] == [
        "Renamed"
    ]


def test_an_account_id_is_a_value_and_never_part_of_a_query(lake):
    data = lake("events", event(1, 1)).dataset()
    assert queries.timeline("' OR 1=1 --", T, dataset=data) == []


@pytest.mark.parametrize("text", [None, "", "no json", "[1]", "3"])
def test_properties_that_are_no_object_are_none(text):
    assert queries.properties({"properties": text}) == {}
