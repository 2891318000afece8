"""Team chat: Slack-compatible incoming webhooks, with text and blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.channels import posting
from tenure.channels.registry import Channel, HandOver, OutboundMessage, Send

_MOST_BLOCKS = 50  # Slack refuses more in one message


class Chat(Channel):
    """The channel ``chat``. Address: the name of an endpoint. Content: ``text``, and ``blocks``."""

    name = "chat"
    repeatable = False  # a chat shows the same message twice

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError without an endpoint or a text, or with more blocks than a message may have."""
        posting.check(source, address, self.name)
        if not str(content.get("text") or "").strip():
            raise SpecError(source, "text", "is empty", "give the message a text")
        if len(content.get("blocks") or ()) > _MOST_BLOCKS:
            raise SpecError(
                source, "blocks", f"are more than {_MOST_BLOCKS}", "split the message in two"
            )

    @contextmanager
    def session(self) -> Iterator[Send]:
        """Each message has a connection of its own."""
        yield self._send

    def _send(self, parcel: OutboundMessage, hand_over: HandOver) -> str:
        found = posting.endpoint(parcel.address, self.name)
        content = {key: parcel.content[key] for key in ("text", "blocks") if key in parcel.content}
        headers = {"content-type": "application/json"}
        return posting.post(found.url, json.dumps(content).encode(), headers, hand_over)


TRANSPORT = Chat()
