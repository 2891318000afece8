"""From inbox to lake: once, in order, and owned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.db import transaction
from sending import NOON, Company, track

from tenure.core.leases import LeaseLost
from tenure.facts import flush as flush_module
from tenure.facts.inbox import OwnFact, record_own
from tenure.facts.models import InboxRow, PersonAccount, Quarantined, Source, SourceDay

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_lands_with_all_it_said(company: Company) -> None:
    company.sends(track("m1", properties={"plan": "pro"}, context={"groupId": "acme"}))
    assert company.flush() == 1
    (row,) = company.rows()
    assert row["event"] == "Signed In"
    assert row["person_id"] == "alice"
    assert row["account_id"] == "acme"
    assert row["timestamp"] == NOON
    assert row["properties"] == '{"plan": "pro"}'
    assert row["source"] == "segment:website"
    assert not row["backfill"]
    assert InboxRow.objects.count() == 0


def test_the_same_message_lands_once(company: Company) -> None:
    company.sends(track("m1"), track("m1"))
    company.sends(track("m1"))
    assert company.flush() == 1
    company.sends(track("m1"), track("m2"))
    assert company.flush() == 1
    assert company.ids() == ["m1", "m2"]


@pytest.mark.parametrize("days", [1, 40, 400])
def test_a_message_sent_again_much_later_lands_once(company: Company, days: int) -> None:
    company.sends(track("m1"), sent_at=NOON)
    company.flush()
    company.passes(days=days)
    company.another_process()
    company.sends(track("m1"), sent_at=NOON)
    company.sends(track("m2", timestamp=company.now.isoformat()), sent_at=company.now)
    assert company.flush() == 1
    assert company.ids() == ["m1", "m2"]


def test_it_lands_once_also_after_compaction(company: Company) -> None:
    for n in range(5):
        company.sends(track(f"m{n}"))
        company.flush()
    company.lake.compact("events", keep_hours=0)
    company.sends(*(track(f"m{n}") for n in range(5)))
    assert company.flush() == 0
    company.another_process()
    company.sends(*(track(f"m{n}") for n in range(5)))
    assert company.flush() == 0


def test_late_facts_land_where_they_belong(company: Company) -> None:
    earlier = NOON - timedelta(days=30)
    company.sends(track("m1", timestamp=earlier.isoformat()))
    company.flush()
    (row,) = company.rows()
    assert row["timestamp"] == earlier
    assert row["received_at"] == NOON


def test_a_slow_clock_is_corrected_by_segments_rule(company: Company) -> None:
    hour = timedelta(hours=1)
    company.sends(
        track("m1", timestamp=(NOON - hour - timedelta(minutes=5)).isoformat()), sent_at=NOON - hour
    )
    company.flush()
    assert company.rows()[0]["timestamp"] == NOON - timedelta(minutes=5)


def test_a_bit_ahead_is_set_to_now_and_far_ahead_is_quarantined(company: Company) -> None:
    company.sends(
        track("near", timestamp=(NOON + timedelta(minutes=2)).isoformat()),
        track("far", timestamp=(NOON + timedelta(days=2)).isoformat()),
    )
    assert company.flush() == 1
    assert company.rows()[0]["timestamp"] == NOON
    refused = Quarantined.objects.get()
    assert refused.code == "in_future"
    assert refused.message_id == "far"
    assert "clock" in refused.reason


@pytest.mark.parametrize(
    ("call", "code", "field"),
    [
        (track("m", event=""), "missing", "event"),
        (track("m", user=None), "nobody", "userId"),
        (track("m", timestamp="yesterday"), "not_timestamp", "timestamp"),
        (track("m", timestamp="1601-01-01T00:00:00Z"), "too_old", "timestamp"),
        (track("m", event={"a": 1}), "wrong_shape", "event"),
        (track("m", user=True), "wrong_shape", "userId"),
        (track("m", type="dance"), "unknown_kind", "type"),
        (track("m", user="x" * 300), "too_long", "userId"),
        (track("m", user="a\0b"), "nul_character", "userId"),
        ({**track("m"), "type": "group"}, "missing", "groupId"),
    ],
)
def test_what_is_wrong_is_quarantined_and_the_rest_lands(
    company: Company, call: dict, code: str, field: str
) -> None:
    company.sends(track("good"), call)
    assert company.flush() == 1
    refused = Quarantined.objects.get()
    assert (refused.code, refused.field) == (code, field)
    assert "To fix" in refused.reason
    assert company.ids() == ["good"]
    company.sends(call)
    company.flush()
    assert Quarantined.objects.count() == 1


def test_deeply_nested_properties_are_quarantined(company: Company) -> None:
    deep: dict = {}
    for _ in range(60):
        deep = {"d": deep}
    company.sends(track("deep", properties=deep), track("flat", properties={"x": "{" * 99}))
    assert company.flush() == 1
    assert Quarantined.objects.get().code == "too_deep"


def test_unicode_survives(company: Company) -> None:
    company.sends(
        track("m☃", event="Größe 测试 👩‍👩‍👧", user="ålice", properties={"k": "\u202e\u0000é"})
    )
    assert company.flush() == 1
    (row,) = company.rows()
    assert row["event"] == "Größe 测试 👩‍👩‍👧"
    assert row["message_id"] == "m☃"


def test_a_request_nobody_can_read_does_not_stop_the_others(company: Company) -> None:
    company.sends(track("m1"))
    company.sends_raw(b"\xff\xfe{", "segment:batch")
    company.sends_raw(b"{}", "no:such:endpoint")
    company.sends(track("m2"))
    assert company.flush() == 2
    assert set(Quarantined.objects.values_list("code", flat=True)) == {"unreadable"}
    assert InboxRow.objects.count() == 0


def test_numbers_as_ids_are_taken_as_text(company: Company) -> None:
    company.sends(track("m1", user=42, context={"groupId": 7}))
    company.flush()
    (row,) = company.rows()
    assert (row["person_id"], row["account_id"]) == ("42", "7")


def test_calls_without_message_id_are_known_by_content_or_place(company: Company) -> None:
    call = track("x")
    del call["messageId"]
    company.sends(call)
    company.sends(call)
    assert company.flush() == 1
    del call["timestamp"]
    company.sends(call, call)
    assert company.flush() == 2


def test_counts_are_kept_by_source_event_and_day(company: Company) -> None:
    company.sends(track("m1"), track("m2"), track("m3", event="Signed Out"), track("m4", event=""))
    company.flush()
    company.sends(track("m5"))
    company.flush()
    days = SourceDay.objects.filter(table="events").values_list("name", "rows")
    assert dict(days) == {"Signed In": 3, "Signed Out": 1}
    source = Source.objects.get(name="segment:website")
    assert (source.rows, source.quarantined, source.kind) == (4, 1, "segment")
    assert source.last_fact_at == NOON


def test_own_facts_come_with_the_transaction_that_they_tell_of(company: Company) -> None:
    fact = OwnFact("health.scored", "acme", NOON, properties={"health": 71}, fact_id="s1")
    with transaction.atomic():
        record_own([fact], now=NOON)
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        record_own([OwnFact("health.scored", "beta", NOON)], now=NOON)
        raise RuntimeError("rolled back")
    record_own([fact], now=NOON)
    assert company.flush() == 1
    (row,) = company.rows()
    assert row["event"] == "tenure.health.scored"
    assert (row["source"], row["account_id"], row["kind"]) == ("tenure", "acme", "own")
    assert company.rows("accounts") == []


def test_handlers_see_new_facts_after_they_are_durable(company: Company) -> None:
    told: list[tuple[str, int, int]] = []

    def note(name: str) -> object:
        return lambda rows, now: told.append((name, len(rows), company.lake.rows("events")))

    company.routing.handlers = {
        "events": [note("events")],  # type: ignore[list-item]
        "events:Signed Out": [note("out")],  # type: ignore[list-item]
        "people": [note("people")],  # type: ignore[list-item]
    }
    company.sends(track("m1"), track("m2", event="Signed Out"))
    company.flush()
    assert told == [("events", 2, 2), ("out", 1, 2)]


class Crash(BaseException):
    pass


@pytest.mark.parametrize("table", ["people", "accounts", "events", "handlers", "finish"])
@pytest.mark.parametrize("after", [False, True])
def test_dying_anywhere_loses_nothing_and_doubles_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch, table: str, after: bool
) -> None:
    def dying(real):
        def act(self, *args, **kwargs):
            mine = table in ("handlers", "finish") or (args and args[0] == table)
            result = real(self, *args, **kwargs) if after or not mine else None
            if mine:
                raise Crash
            return result

        return act

    company.sends(
        {**track("i1"), "type": "identify", "traits": {"email": "a@example.com"}},
        {**track("g1"), "type": "group", "groupId": "acme", "traits": {"name": "Acme"}},
        track("m1"),
        track("m1"),
    )
    target, name = {
        "handlers": (type(company.routing), "tell"),
        "finish": (flush_module.Flusher, "_finish"),
    }.get(table, (type(company.lake), "append"))
    told: dict[str, set[str]] = {}
    for kind in ("people", "accounts", "events"):
        ids = told.setdefault(kind, set())
        company.routing.handlers[kind] = [
            lambda rows, now, ids=ids: ids.update(rows["message_id"].to_pylist())
        ]
    with monkeypatch.context() as patch:
        patch.setattr(target, name, dying(getattr(target, name)))
        with pytest.raises(Crash):
            company.flush()
    company.another_process()
    company.flush()
    assert told["events"] == {"i1", "g1", "m1"}
    assert told["people"] >= {"i1"}
    assert told["accounts"] >= {"g1"}
    assert company.ids() == ["g1", "i1", "m1"]
    assert [r["email"] for r in company.rows("people")] == ["a@example.com"]
    assert [r["name"] for r in company.rows("accounts")] == ["Acme"]
    assert PersonAccount.objects.count() == 1
    days = SourceDay.objects.values_list("table", "rows")
    assert sum(rows for kind, rows in days if kind == "events") == 3
    assert sum(rows for kind, rows in days if kind == "accounts") == 1
    assert InboxRow.objects.count() == 0


def test_another_worker_waits_for_the_lease(company: Company) -> None:
    company.sends(track("m1"))
    first = company.flusher
    company.flusher = flush_module.Flusher(company.lake, company.routing, "second")
    holder = flush_module.batches.begin("inbox", "first", lambda: [1], NOON, 60)
    assert holder is not None
    assert company.flush() == 0
    company.passes(seconds=61)
    assert company.flush() == 1
    assert first is not company.flusher


def test_a_worker_that_slept_through_its_lease_changes_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.sends(track("m1"), track("m2"))
    heir = flush_module.Flusher(type(company.lake)(company.lake.root), company.routing, "heir")
    real = flush_module.Flusher._append

    def sleeps(self, *args):
        if self is company.flusher:
            heir.drain(company.now + timedelta(hours=1))
        return real(self, *args)

    monkeypatch.setattr(flush_module.Flusher, "_append", sleeps)
    with pytest.raises(LeaseLost):
        company.flush()
    assert company.ids() == ["m1", "m2"]
    assert sum(SourceDay.objects.values_list("rows", flat=True)) == 2


def test_times_are_kept_in_utc(company: Company) -> None:
    company.sends(track("m1", timestamp="2024-03-01T13:30:00.123456789+02:00"))
    company.flush()
    assert company.rows()[0]["timestamp"] == datetime(2024, 3, 1, 11, 30, 0, 123456, tzinfo=UTC)


def test_the_lake_schema_is_that_of_the_table(company: Company) -> None:
    company.sends(track("m1"))
    company.flush()
    file = company.lake.dataset(["events"]).tables["events"][0]
    import pyarrow.parquet as pq

    assert pq.read_schema(file).field("timestamp").type == pa.timestamp("us", tz="UTC")
