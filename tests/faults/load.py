"""Senders that behave as SDKs do: they send a batch again until it is acknowledged."""

from __future__ import annotations

import base64
import http.client
import json
import random
import threading
import time
from datetime import UTC, datetime

from live import Live


class Senders:
    """Several threads that send numbered events until told to stop."""

    def __init__(self, live: Live, threads: int, seed: int) -> None:
        self.live = live
        self.stop = threading.Event()
        self.acknowledged: list[str] = []
        self.sent = 0
        self._threads = [
            threading.Thread(target=self._run, args=(n, random.Random(seed + n)), daemon=True)
            for n in range(threads)
        ]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _run(self, number: int, rng: random.Random) -> None:
        batch = 0
        while not self.stop.is_set():
            batch += 1
            ids = [f"s{number}-{batch}-{i}" for i in range(rng.randint(1, 60))]
            body = json.dumps({"batch": [self._event(i, rng) for i in ids]}).encode()
            self.sent += len(ids)
            while not self._post(body):
                if self.stop.is_set() and not self.live.server:
                    return
                time.sleep(0.05)
            self.acknowledged += ids
            if rng.random() < 0.1:  # a proxy that repeats a request although it was answered
                self._post(body)

    @staticmethod
    def _event(message_id: str, rng: random.Random) -> dict[str, object]:
        return {
            "type": "track",
            "messageId": message_id,
            "event": rng.choice(["Signed In", "Report Shared"]),
            "userId": f"u{rng.randrange(50)}",
            "context": {"groupId": f"a{rng.randrange(9)}"},
            "timestamp": datetime.now(UTC).isoformat(),
        }

    def _post(self, body: bytes) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.live.port, timeout=10)
            key = base64.b64encode(f"{self.live.key}:".encode()).decode()
            connection.request("POST", "/v1/batch", body, {"Authorization": f"Basic {key}"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
