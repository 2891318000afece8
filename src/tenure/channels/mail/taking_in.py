"""Taking notices in: what becomes of the message, whether its address is written to again, and the
fact that tells of it, all in one transaction. A notice that comes again changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from tenure.channels import actions, outbox
from tenure.channels.mail import notices
from tenure.channels.mail.notices import Notice
from tenure.channels.models import DOUBT, SENT, MailNotice, Message
from tenure.channels.settings import ANY, Numbers
from tenure.core import policy as policies

Came = Literal["taken in", "known already", "about no mail of ours"]
_OUTCOMES = {
    "soft": "returned",
    "delivered": "delivered",
    "hard": "bounced",
    "complaint": "complained",
}
_RANK = {"": 0, "returned": 1, "delivered": 2, "bounced": 3, "complained": 4}
_FACTS = {"soft": "bounced", "hard": "bounced", "complaint": "complained", "delivered": "delivered"}


@transaction.atomic
def take_in(notice: Notice, *, now: datetime, proven: bool) -> Came:
    """Act on a notice. ``proven``: whoever says it has shown who they are (a provider, with its
    secret), so that it is believed even without our mark, of an address we have written to."""
    row = _message(notice, proven)
    if row is None and not (proven and _latest(notice.address)):
        return "about no mail of ours"
    address = (row.address if row else notice.address).lower()
    at = min(notice.at or now, now)
    _, new = MailNotice.objects.get_or_create(
        key=notice.key,
        defaults={
            "kind": notice.kind,
            "address": address,
            "message": row,
            "at": at,
            "said": notice.said,
            "origin": notice.origin[:40],
            "received_at": now,
        },
    )
    if not new:
        return "known already"
    if row is not None:
        _outcome(row, notice, at, now)
    _address(row, address, notice, now)
    return "taken in"


def _message(notice: Notice, proven: bool) -> Message | None:
    """The mail a notice is about: by our mark, or by the id that its provider gave."""
    if notice.ours:
        number, identity = notice.ours
        row = _mails().filter(pk=number).select_for_update().first()
        if row and row.address and outbox.identity_of(row) == identity:
            return row
    if proven and notice.receipt:
        return _mails().filter(receipt=notice.receipt[:255]).select_for_update().first()
    return None


def _mails() -> QuerySet[Message]:
    return Message.objects.filter(channel="mail")


def _outcome(row: Message, notice: Notice, at: datetime, now: datetime) -> None:
    outcome = _OUTCOMES.get(notice.kind, "")
    if _RANK[outcome] > _RANK[row.outcome]:
        Message.objects.filter(pk=row.pk).update(
            outcome=outcome, outcome_at=at, outcome_text=notice.said
        )
    if row.state == DOUBT:  # whatever is said of it: it did leave
        Message.objects.filter(pk=row.pk, state=DOUBT).update(state=SENT, settled_at=now)
        outbox.emit(row, "sent", now)
    if what := _FACTS.get(notice.kind):
        mark, more = (f":{notice.kind}", {"kind": notice.kind}) if what == "bounced" else ("", {})
        outbox.emit(row, what, at, mark, reason=notice.said, **more)


def _address(row: Message | None, address: str, notice: Notice, now: datetime) -> None:
    numbers: Numbers = policies.load("channels")
    soft = _came_back(address) if notice.kind == "soft" else []
    if why := notices.bars(notice.kind, notice.said, soft, numbers.mail.bounces, now):
        outbox.suppress("mail", address, why, now, row or _latest(address))
    if notice.kind == "unsubscribed":
        who = row or _latest(address)
        recipient = who.recipient if who else address
        account = who.account_id if who else ""
        actions.refuse(recipient, "mail", ANY, notice.origin, now=now, account_id=account)


def _came_back(address: str) -> list[datetime]:
    """When mails to the address came back since one last arrived."""
    said = MailNotice.objects.filter(address=address)
    arrived = said.filter(kind="delivered").order_by("-at").values_list("at", flat=True).first()
    soft = said.filter(kind="soft")
    if arrived:
        soft = soft.filter(at__gt=arrived)
    return list(soft.values_list("at", flat=True))


def _latest(address: str) -> Message | None:
    return _mails().filter(address__in={address, address.lower()}).order_by("-pk").first()
