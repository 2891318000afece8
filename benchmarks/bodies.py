"""Requests as a Segment SDK sends them: 100 events a batch, with the context it adds."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta

EVENTS = ("Signed In", "Project Created", "Task Completed", "Comment Added", "Report Shared")


def body(rng: random.Random, calls: int, now: datetime) -> bytes:
    """One batch."""
    batch = [_call(rng, now - timedelta(seconds=rng.random() * 60)) for _ in range(calls)]
    return json.dumps({"batch": batch, "sentAt": now.isoformat()}).encode()


def _call(rng: random.Random, at: datetime) -> dict[str, object]:
    account = rng.randrange(500)
    return {
        "type": "track",
        "messageId": str(uuid.UUID(int=rng.getrandbits(128))),
        "event": rng.choice(EVENTS),
        "userId": f"user-{account}-{rng.randrange(10)}",
        "anonymousId": None,
        "timestamp": at.isoformat(),
        "properties": {
            "project": rng.randrange(10**6),
            "plan": "pro",
            "seconds": rng.random() * 90,
        },
        "integrations": {},
        "context": {
            "library": {"name": "analytics-python", "version": "2.4.0"},
            "groupId": f"account-{account}",
        },
    }


def bodies(count: int, calls: int = 100, seed: int = 1) -> list[bytes]:
    """``count`` different batches."""
    rng, now = random.Random(seed), datetime.now(UTC)
    return [body(rng, calls, now) for _ in range(count)]
