"""Flush: events a second from inbox to lake, exactly once, against parse and append alone.

Reference: bare msgspec parse and ``write_deltalake`` append of the same rows in the same portions,
without anything that makes it safe. Target: at least 0.5 of it.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
from bodies import bodies
from measure import arguments, show

BATCHES = 3000
CALLS = 100


class Context(msgspec.Struct, rename="camel", gc=False):
    group_id: str | None = None


class Call(msgspec.Struct, rename="camel", gc=False):
    type: str
    message_id: str
    event: str
    user_id: str | None = None
    anonymous_id: str | None = None
    timestamp: str | None = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")
    context: Context | None = None


class Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[Call]


def rows(parts: list[bytes], decoder: msgspec.json.Decoder[Batch], now: datetime) -> pa.Table:
    """The rows of these requests, as the lake has them."""
    calls = [call for part in parts for call in decoder.decode(part).batch]
    moment = pa.timestamp("us", tz="UTC")
    text = pa.string()
    received = pa.array([now] * len(calls), moment)
    return pa.table(
        {
            "account_id": pa.array(
                [c.context.group_id if c.context else None for c in calls], text
            ),
            "person_id": pa.array([c.user_id for c in calls], text),
            "anonymous_id": pa.array([c.anonymous_id for c in calls], text),
            "event": pa.array([c.event for c in calls], text),
            "timestamp": pa.array([c.timestamp for c in calls], text).cast(moment),
            "kind": pa.array([c.type for c in calls], text),
            "session_id": pa.nulls(len(calls), text),
            "properties": pa.array([bytes(c.properties) for c in calls], pa.binary()).cast(text),
            "message_id": pa.array([c.message_id for c in calls], text),
            "received_at": received,
            "backfill": pa.array([False] * len(calls)),
            "source": pa.array(["segment:bench"] * len(calls), text),
            "received_day": received.cast(pa.date32()),
        }
    )


def reference(lake: Path, parts: list[bytes], portion: int) -> float:
    """Seconds of parse and append alone."""
    from deltalake import write_deltalake

    decoder = msgspec.json.Decoder(Batch)
    os.sync()  # nobody pays for what was written before
    start = time.perf_counter()
    for first in range(0, len(parts), portion):
        table = rows(parts[first : first + portion], decoder, datetime.now(UTC))
        write_deltalake(lake, table, mode="append", partition_by=["received_day"])
    return time.perf_counter() - start


def ours(lake: Path, parts: list[bytes]) -> tuple[float, int]:
    """Seconds of the flush, and how many requests it takes at once."""
    from django.db import connection

    from tenure.facts.flush import Flusher
    from tenure.facts.inbox import RawRequest, store
    from tenure.facts.lake import Lake
    from tenure.facts.models import InboxRow
    from tenure.facts.routing import ROUTING, Routing

    now = datetime.now(UTC)
    for first in range(0, len(parts), 100):
        store(
            [
                RawRequest(now, "segment:bench", "segment:batch", b)
                for b in parts[first : first + 100]
            ]
        )
    connection.close()  # SQLite writes its log back: that is ingestion's work
    parsers = ROUTING.filled().parsers
    flusher = Flusher(Lake(lake), Routing(parsers=dict(parsers)), "bench")
    os.sync()  # nobody pays for what was written before
    start = time.perf_counter()
    done = flusher.drain(now)
    seconds = time.perf_counter() - start
    assert sum(f.facts for f in done) == len(parts) * CALLS
    assert not InboxRow.objects.exists()
    return seconds, max(f.requests for f in done)


def main() -> None:
    options = arguments(__doc__)
    count = max(20, int(BATCHES * options.scale))
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        os.environ["TENURE_HOME"] = f"{folder}/home"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tenure.web.settings"
        import django

        django.setup()
        from tenure.core.migrate import ensure_current

        ensure_current()
        best_ours = best_bare = float("inf")
        for turn in range(3):  # in turns, so that a busy machine is fair to both
            parts = bodies(count, CALLS, seed=turn)
            seconds, portion = ours(Path(folder) / f"lake{turn}", parts)
            best_ours = min(best_ours, seconds)
            best_bare = min(best_bare, reference(Path(folder) / f"bare{turn}", parts, portion))
    events = count * CALLS
    figures = {
        "events_per_second_exactly_once": round(events / best_ours),
        "parse_and_append_events_per_second": round(events / best_bare),
        "ratio": round(best_bare / best_ours, 2),
        "requests_at_once": portion,
        "target": 0.5,
    }
    show(
        "flush: inbox to lake, exactly once, against parse and append alone", figures, options.json
    )


if __name__ == "__main__":
    main()
