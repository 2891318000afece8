"""Webhooks: any JSON to an endpoint of one's own, signed, with the same id at every attempt.

As Standard Webhooks 1.0 says, a receiver that answers 410 is switched off, and everything else but
success is tried again: a receiver may say 401 or 404 for a minute while it is being changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.channels import endpoints, posting
from tenure.channels.registry import Channel, HandOver, OutboundMessage, Rejected, Send
from tenure.channels.webhook import signing
from tenure.core import audit, worker


class Webhook(Channel):
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

    def _send(self, parcel: OutboundMessage, hand_over: HandOver) -> str:
        found = posting.endpoint(parcel.address, self.name)
        moment = worker.utc_now()
        body = json.dumps({"timestamp": moment.isoformat(), **parcel.content}).encode()
        signed = signing.headers(found.secrets, parcel.id, int(moment.timestamp()), body)
        headers = {"content-type": "application/json", "user-agent": "Tenure", **signed}
        try:
            return posting.post(found.url, body, headers, hand_over, final=_is_gone)
        except Rejected as no:
            if no.status == posting.GONE:
                endpoints.switch(found, False, audit.SYSTEM, now=moment)
            raise


def _is_gone(status: int) -> bool:
    """Standard Webhooks: everything but success is tried again, save 410, which ends it."""
    return status == posting.GONE


TRANSPORT = Webhook()
