"""Reading what mail servers send back: delivery reports (RFC 3464) and complaints (RFC 5965).

Anybody can send such a mail, so a report counts only if it brings back the mark of a mail of ours.
Whatever is broken in it is a Misread with its reason; nothing here raises anything else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import sha256

from tenure.channels.mail import marks
from tenure.channels.mail.notices import Kind, Notice, bounce, status_in
from tenure.channels.mail.settings import Bounces

_EXPLAINED = 2000
MOST_BYTES = 10_000_000
_COMPLAINTS = ("abuse", "fraud", "virus")
_OPT_OUT = ("opt-out", "opt-out-list")
_REPORTS = {
    "message/delivery-status": "delivery report",
    "message/global-delivery-status": "delivery report",
    "message/feedback-report": "complaint",
}


class Misread(Exception):  # noqa: N818 - said of what was given
    """This is no report that could be read."""


def read(raw: bytes, numbers: Bounces) -> list[Notice]:
    """What a mail says about mails of ours: one notice for each recipient it reports of, none if it
    reports a delay. Misread if it is no report, or a broken one."""
    if len(raw) > MOST_BYTES:
        raise Misread(f"it is larger than {MOST_BYTES:,} bytes")
    if not raw.strip():
        raise Misread("it is empty")
    try:
        return _read(raw, numbers)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Misread(f"it is broken: {error}") from error


def _read(raw: bytes, numbers: Bounces) -> list[Notice]:
    mail = message_from_bytes(raw, policy=policy.compat32)
    part = next((p for p in mail.walk() if p.get_content_type() in _REPORTS), None)
    if part is None:
        raise Misread("it has no delivery report (RFC 3464) and no complaint (RFC 5965) in it")
    found = marks.find("\n".join(_texts(mail)))
    about = _About(
        ours=found,
        identity=_text(mail["Message-ID"]) or sha256(raw).hexdigest(),
        at=_moment(_text(mail["Date"])),
    )
    if _REPORTS[part.get_content_type()] == "complaint":
        return list(_complaint(part, about))
    return list(_deliveries(part, about, numbers, _explained(mail)))


class _About:
    """What all notices of one report share."""

    def __init__(self, ours: tuple[int, str] | None, identity: str, at: datetime | None) -> None:
        self.ours, self.identity, self.at = ours, identity, at

    def notice(self, kind: Kind, address: str, said: str, origin: str) -> Notice:
        words = " ".join(said.split())[:500]
        return Notice(kind, address, words, origin, self.identity, self.at, self.ours)


def _explained(mail: Message) -> str:
    """What a report tells a person, for servers that tell machines nothing."""
    text = next((p for p in mail.walk() if p.get_content_type() == "text/plain"), None)
    payload = text.get_payload(decode=True) if text is not None else None
    return payload[:_EXPLAINED].decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _deliveries(part: Message, about: _About, numbers: Bounces, explained: str) -> Iterator[Notice]:
    blocks = [b for b in part.get_payload() if isinstance(b, Message)]
    recipients = [b for b in blocks if b["Action"] or b["Final-Recipient"] or b["Status"]]
    if not recipients:
        raise Misread("its delivery report names no recipient")
    for block in recipients:
        action = _text(block["Action"]).lower()
        address = _address(block["Original-Recipient"]) or _address(block["Final-Recipient"])
        status, diagnosis = _text(block["Status"]), _text(block["Diagnostic-Code"])
        code = status_in(status, diagnosis)
        said = diagnosis.partition(";")[2].strip() or f"status {code or 'unknown'}"
        if action == "delivered":
            yield about.notice("delivered", address, said, "delivery report")
        elif action == "failed" or (not action and code.startswith("5")):
            kind = bounce(code, numbers, diagnosis.partition(";")[2] or diagnosis or explained)
            yield about.notice(kind, address, said, "delivery report")


def _complaint(part: Message, about: _About) -> Iterator[Notice]:
    inner = part.get_payload()
    fields = inner[0] if isinstance(inner, list) and inner else part
    assert isinstance(fields, Message)
    kind = _text(fields["Feedback-Type"]).lower()
    if not kind:
        raise Misread("its complaint does not say of what type it is")
    address = _address(fields["Original-Rcpt-To"])
    who = _text(fields["User-Agent"]) or "a mail provider"
    if kind in _COMPLAINTS:
        yield about.notice("complaint", address, f"{kind}, told by {who}", "complaint")
    elif kind in _OPT_OUT:
        yield about.notice("unsubscribed", address, f"{kind}, told by {who}", "complaint")


def _texts(mail: Message) -> Iterator[str]:
    """Every header and every decoded part, where a mark may be."""
    for part in mail.walk():
        yield from (_text(value) for value in part.values())
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.decode("ascii", "replace")


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _address(value: object) -> str:
    """``rfc822; ann@example.com`` or ``<ann@example.com>``, as an address."""
    text = _text(value)
    bare = text.partition(";")[2] if ";" in text else text
    found = parseaddr(bare.strip())[1]
    return found if "@" in found else ""


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
