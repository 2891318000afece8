"""Rows posted over the API land exactly once, whatever dies on the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tenure.connectors.posted import accepting, ingest
from tenure.facts import batches, lake
from tenure.facts.models import InboxRow, Quarantined, Source

pytestmark = pytest.mark.django_db
GOAL: dict[str, Any] = {
    "goal_id": "g1", "account_id": "acme", "title": "Go live", "progress": 0.5,
    "updated_at": "2026-02-01T00:00:00Z", "message_id": "m1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _workspace(workspace: Any) -> None:
    pass


def _post(
    now: datetime, *rows: dict[str, Any], table: str = "goals", backfill: bool = False
) -> int:
    return len(accepting.take(table, rows, source="api:test", backfill=backfill, now=now))


def _goals() -> list[dict[str, Any]]:
    found = lake.current().dataset(["goals"]).source("goals")
    import pyarrow.parquet as pq

    return [row for path in found for row in pq.read_table(path, partitioning=None).to_pylist()]


def test_rows_are_kept_at_once_and_landed_later(now: datetime) -> None:
    assert _post(now, GOAL) == 0
    assert InboxRow.objects.count() == 1
    assert ingest.land(now) == 1
    assert InboxRow.objects.count() == 0
    (row,) = _goals()
    assert (row["goal_id"], row["message_id"], row["source"]) == ("g1", "m1", "api:test")
    assert row["received_at"] == now
    assert row["backfill"] is False
    assert Source.objects.get(pk="api:test").rows == 1


def test_history_counts_as_known_since_it_happened(now: datetime) -> None:
    _post(now, GOAL, backfill=True)
    ingest.land(now)
    (row,) = _goals()
    assert row["received_at"] == row["updated_at"]
    assert row["backfill"] is True


def test_the_same_rows_again_change_nothing(now: datetime) -> None:
    for _ in range(3):
        _post(now, GOAL, {**GOAL, "message_id": "m2", "goal_id": "g2"})
    ingest.land(now)
    _post(now + timedelta(hours=1), GOAL)
    ingest.land(now + timedelta(hours=1))
    assert sorted(row["message_id"] for row in _goals()) == ["m1", "m2"]
    assert Source.objects.get(pk="api:test").rows == 2


def test_a_wrong_row_is_told_and_quarantined_and_the_others_land(now: datetime) -> None:
    assert _post(now, GOAL, {"goal_id": "g2", "updated_at": "soon"}) == 1
    ingest.land(now)
    assert len(_goals()) == 1
    (refused,) = Quarantined.objects.all()
    assert (refused.table, refused.source) == ("goals", "api:test")
    assert "g2" in refused.payload
    ingest.land(now)
    assert Source.objects.get(pk="api:test").quarantined == 1


def test_a_request_that_cannot_be_read_does_not_hold_up_the_others(now: datetime) -> None:
    InboxRow.objects.create(received_at=now, source="x", endpoint="rows:goals", body=b"\xff{")
    _post(now, GOAL)
    assert ingest.land(now) == 2
    assert len(_goals()) == 1
    assert Quarantined.objects.get().code == "unreadable"


@pytest.mark.parametrize("dies_after", ["begin", "note", "append", "tell"])
def test_a_worker_that_dies_midway_leaves_nothing_lost_and_nothing_twice(
    dies_after: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*args: object, **kwargs: object) -> Any:
        raise Killed

    stops = {
        "begin": (ingest, "_read"),
        "note": (lake.Lake, "append"),
        "append": (ingest.ROUTING, "tell"),
        "tell": (ingest, "_finish"),
    }
    _post(now, GOAL, {**GOAL, "message_id": "m2", "goal_id": "g2"})
    with monkeypatch.context() as patch:
        patch.setattr(*stops[dies_after], die)
        with pytest.raises(Killed):
            ingest.land(now)
    assert InboxRow.objects.count() == 1
    batches.release(ingest.NAME, ingest._ME)
    assert ingest.land(now) == 1
    assert sorted(row["message_id"] for row in _goals()) == ["m1", "m2"]
    assert Source.objects.get(pk="api:test").rows == 2
    assert InboxRow.objects.count() == 0


def test_a_live_event_takes_the_way_of_sdk_calls(now: datetime) -> None:
    _post(now, {"event": "Signed In", "person_id": "p", "plan": "pro"}, table="events")
    (row,) = InboxRow.objects.all()
    assert row.endpoint == "segment:batch"
    assert b'"userId":"p"' in bytes(row.body)
    assert ingest.land(now) == 0


def test_events_of_the_past_are_history(now: datetime) -> None:
    event = {"event": "Signed In", "account_id": "acme", "timestamp": "2026-01-05T10:00:00Z"}
    _post(now, event, event, table="events", backfill=True)
    ingest.land(now)
    assert lake.current().rows("events") == 2
    _post(now, event, event, table="events", backfill=True)
    ingest.land(now)
    assert lake.current().rows("events") == 2


def test_a_command_that_empties_the_inbox_lands_posted_rows_too(now: datetime) -> None:
    from tenure.facts.periodic_tasks import flush_now

    _post(now, GOAL)
    flush_now(now)
    assert InboxRow.objects.count() == 0
    assert lake.current().rows("goals") == 1
