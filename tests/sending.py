"""Requests as SDKs send them, flushed into a lake of one's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from tenure.facts.flush import Flusher
from tenure.facts.inbox import RawRequest, store
from tenure.facts.lake import Lake
from tenure.facts.routing import Routing

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


class Company:
    """Sends requests, flushes them, and looks at what landed."""

    def __init__(self, lake: Lake, routing: Routing) -> None:
        self.lake, self.routing = lake, routing
        self.now = NOON
        self.flusher = Flusher(lake, routing, "test")

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)

    def sends(self, *calls: dict[str, Any], sent_at: datetime | None = None, **more: Any) -> None:
        body: dict[str, Any] = {"batch": list(calls), **more}
        if sent_at:
            body["sentAt"] = sent_at.isoformat()
        self.sends_raw(json.dumps(body).encode())

    def sends_raw(self, body: bytes, endpoint: str = "segment:batch") -> None:
        store([RawRequest(self.now, "segment:website", endpoint, body)])

    def flush(self) -> int:
        return sum(f.facts for f in self.flusher.drain(self.now))

    def another_process(self) -> None:
        self.flusher.release()
        self.flusher = Flusher(Lake(self.lake.root), self.routing, "another")

    def rows(self, table: str = "events", order: str = "message_id") -> list[dict[str, Any]]:
        files = self.lake.dataset([table]).tables.get(table)
        if not files:
            return []
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            found = db.sql(
                f"SELECT * FROM read_parquet(?, hive_partitioning = true) ORDER BY {order}",
                params=[list(files)],
            )
            return found.to_arrow_table().to_pylist()

    def ids(self) -> list[str]:
        return [row["message_id"] for row in self.rows()]


def track(
    message_id: str, event: str = "Signed In", user: str | None = "alice", **more: Any
) -> Any:
    return {
        "type": "track",
        "messageId": message_id,
        "event": event,
        "userId": user,
        "timestamp": NOON.isoformat(),
        **more,
    }
