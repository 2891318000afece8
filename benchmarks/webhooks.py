"""Stripe's notices: acknowledged a second over HTTP, against product events of one call a request.

Both go to the same real server in turns; a notice is about three kilobytes, its signature is
checked, and it is durable before it is answered. Wanted: at least 0.5 notices for each event.
Run: python benchmarks/webhooks.py [--scale 0.1] [--json]
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import ingest
from measure import arguments, show

REQUESTS = 20_000
GOAL = 0.5
SECRET = "whsec_benchmark"


def events(total: int, key: str) -> Iterator[bytes]:
    """Product events, one call a request."""
    auth = b"Basic " + base64.b64encode(f"{key}:".encode())
    for n in range(total):
        body = json.dumps(
            {
                "type": "track", "messageId": f"event-{n}", "userId": f"person-{n % 5000}",
                "event": "Report Shared", "timestamp": "2024-03-01T12:00:00Z",
                "context": {"groupId": f"account-{n % 400}"}, "properties": {"app": "larkspur"},
            }
        ).encode()  # fmt: skip
        yield _request(b"/v1/track", body, b"Authorization: " + auth)


def notices(total: int) -> Iterator[bytes]:
    """Signed notices about subscriptions, as large as Stripe's."""
    stamp = int(time.time())
    for n in range(total):
        thing = {
            "id": f"sub_{n}", "object": "subscription", "status": "active", "customer": "cus_1",
            "currency": "eur", "start_date": stamp, "metadata": {"filling": "x" * 2400},
            "items": {"data": [{"id": "si", "quantity": 1, "price": {
                "id": "price_1", "unit_amount": 4900, "recurring": {"interval": "month"}}}]},
        }  # fmt: skip
        body = json.dumps(
            {
                "id": f"evt_{n}", "type": "customer.subscription.updated", "created": stamp,
                "data": {"object": thing},
            }
        ).encode()  # fmt: skip
        signed = f"{stamp}.".encode() + body
        mac = hmac.new(SECRET.encode(), signed, sha256).hexdigest()
        yield _request(b"/stripe/webhook", body, f"Stripe-Signature: t={stamp},v1={mac}".encode())


def _request(path: bytes, body: bytes, header: bytes) -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head + header + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


async def load(port: int, ready: list[bytes]) -> float:
    """Acknowledged requests a second."""
    requests = iter(ready)
    loop = asyncio.get_running_loop()
    ended = [loop.create_future() for _ in range(ingest.CONNECTIONS)]
    start = time.perf_counter()
    for future in ended:
        await loop.create_connection(lambda f=future: ingest.Client(requests, f), "127.0.0.1", port)
    await asyncio.gather(*ended)
    return len(ready) / (time.perf_counter() - start)


def main() -> None:
    options = arguments(__doc__)
    total = max(500, int(REQUESTS * options.scale))
    os.environ["TENURE_STRIPE_WEBHOOK_SECRET"] = SECRET
    with tempfile.TemporaryDirectory(prefix="tenure-bench-") as folder:
        served = ingest.Served(Path(folder) / "home")
        try:
            ready: dict[str, Any] = {
                "events": list(events(total, served.key)), "notices": list(notices(total)),
            }  # fmt: skip
            best = {"events": 0.0, "notices": 0.0}
            for turn in range(4):  # in turns, so that a busy machine is fair to both
                for name, requests in ready.items():
                    some = requests if turn else requests[:200]  # the first only warms
                    found = asyncio.run(load(served.port, some))
                    best[name] = max(best[name], found if turn else 0.0)
        finally:
            served.process.terminate()
            served.process.wait()
    ratio = best["notices"] / best["events"]
    figures = {
        "acknowledged_events_per_second": round(best["events"]),
        "acknowledged_notices_per_second": round(best["notices"]),
        "ratio": round(ratio, 2), "target": GOAL,
    }  # fmt: skip
    show("webhooks: signed notices against product events", figures, options.json)
    raise SystemExit(0 if ratio >= GOAL else 1)


if __name__ == "__main__":
    main()
