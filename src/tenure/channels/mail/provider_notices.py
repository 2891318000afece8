"""What a provider tells over anymail's view, in our words.

Opens and clicks are not taken in: mail programs open mails by themselves, and what people do is
seen in the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason

from tenure.channels.mail import marks
from tenure.channels.mail.notices import Kind, Notice, bounce, status_in
from tenure.channels.mail.provider import OUR_ID
from tenure.channels.mail.settings import Bounces

_SAID: Mapping[str, Kind] = {
    EventType.DELIVERED: "delivered",
    EventType.COMPLAINED: "complaint",
    EventType.UNSUBSCRIBED: "unsubscribed",
}
_REFUSED: Mapping[str, Kind] = {
    RejectReason.SPAM: "complaint",
    RejectReason.UNSUBSCRIBED: "unsubscribed",
    RejectReason.BOUNCED: "hard",
    RejectReason.INVALID: "hard",
}
_MOST = 500


def notice_of(event: AnymailTrackingEvent, provider: str, numbers: Bounces) -> Notice | None:
    """The notice in an event; None for one that changes nothing (queued, delayed, opened …)."""
    kind, said = _kind(event, numbers), _said(event)
    address = str(event.recipient or "")
    if kind is None or not address:
        return None
    found = marks.find(str((event.metadata or {}).get(OUR_ID, "")))
    moment = event.timestamp.isoformat() if event.timestamp else ""
    receipt = str(event.message_id or "")
    return Notice(
        kind,
        address,
        said,
        provider,
        str(event.event_id or f"{receipt} {moment}"),
        event.timestamp,
        found,
        receipt,
    )


def _kind(event: AnymailTrackingEvent, numbers: Bounces) -> Kind | None:
    what, reason = event.event_type, event.reject_reason
    if what in _SAID:
        return _SAID[what]
    if what in (EventType.REJECTED, EventType.FAILED):
        return _REFUSED.get(reason, "soft")
    if what != EventType.BOUNCED:
        return None
    if _called_soft(event.esp_event):
        return "soft"
    words = str(event.mta_response or ""), str(event.description or "")
    unsaid: Kind = "hard" if _REFUSED.get(reason) == "hard" else "soft"
    return bounce(status_in(*words), numbers, " ".join(words), unsaid)


def _called_soft(raw: Any) -> bool:
    """Whether the provider itself calls the bounce soft: anymail has no word for that."""
    if not hasattr(raw, "get"):
        return False
    words = " ".join(str(raw.get(name, "")) for name in ("event", "type", "Type"))
    return "soft" in words.lower() or raw.get("hard_bounce") is False


def _said(event: AnymailTrackingEvent) -> str:
    text = " ".join(str(event.mta_response or event.description or event.event_type).split())
    return text[:_MOST]
