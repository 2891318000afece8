"""In the product: a message is laid into the person's inbox, where the script finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tenure.analytics.errors import SpecError
from tenure.channels import reception
from tenure.channels.in_app import content as contents
from tenure.channels.registry import Channel, HandOver, OutboundMessage, Rejected, Send
from tenure.core import policy as policies
from tenure.core import worker


class InAppChannel(Channel):
    """The channel ``in_app``. Address: the person's id. Content: see ``in_app.content``."""

    name = "in_app"
    repeatable = True  # laid in twice, it is there once

    def check(self, source: str, address: str, content: Mapping[str, Any]) -> None:
        """SpecError without a person, or with content that could not be shown."""
        if not address.strip():
            raise SpecError(source, "address", "names nobody", "give the person's id")
        contents.check(source, content, policies.load("channels").in_app)

    @contextmanager
    def session(self) -> Iterator[Send]:
        """The inbox is in our own house: always open."""
        yield self._send

    def _send(self, parcel: OutboundMessage, hand_over: HandOver) -> str:
        hand_over()
        now = worker.utc_now()
        days = policies.load("channels").in_app.show_days
        placed = reception.place(parcel.key, str(parcel.content["slot"]), days, now)
        if placed is None:
            raise Rejected("the message is not there any more", final=True)
        return placed.code


TRANSPORT = InAppChannel()
