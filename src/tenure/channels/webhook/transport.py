"""Webhooks: any JSON to an endpoint of one's own, signed, with the same id at every attempt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.channels import posting
from tenure.channels.registry import HandOver, Parcel, Send
from tenure.channels.webhook import signing
from tenure.core import worker


class Webhook:
    """The channel ``webhook``. Address: the name of an endpoint. Content: ``type`` and ``data``."""

    name = "webhook"
    repeatable = True  # receivers know a message by its webhook-id

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError without an endpoint of this name or a ``type``."""
        posting.check(source, address, self.name)
        if not str(content.get("type") or "").strip():
            raise SpecError(
                source, "type", "is empty", "name the kind of message, as health.changed"
            )

    @contextmanager
    def session(self) -> Iterator[Send]:
        """Each message has a connection of its own."""
        yield self._send

    def _send(self, parcel: Parcel, hand_over: HandOver) -> str:
        found = posting.endpoint(parcel.address, self.name)
        moment = worker.utc_now()
        body = json.dumps({"timestamp": moment.isoformat(), **parcel.content}).encode()
        signed = signing.headers(found.secrets, parcel.id, int(moment.timestamp()), body)
        headers = {"content-type": "application/json", "user-agent": "Tenure", **signed}
        return posting.post(found.url, body, headers, hand_over)


WEBHOOK = Webhook()
