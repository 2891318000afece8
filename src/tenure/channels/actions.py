"""What people do about messages: send dead ones again, settle doubt, say no, bar addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.channels import mailboxes, outbox
from tenure.channels.models import DEAD, DOUBT, QUEUED, SENT, Message, Refusal, SaidNo, Suppression
from tenure.channels.settings import ANY
from tenure.core import audit
from tenure.facts.inbox import OwnFact, record_own

Pair = tuple[str, str]
"""A channel and a purpose."""
AGAIN = "resubscribed"
"""Told when somebody takes a no back; of an address without a person with its ``MAILBOX`` mark."""
MAILBOX = "mailbox"


@transaction.atomic
def send_again(message: Message, by: object, *, now: datetime) -> None:
    """Put a dead or doubtful message before the gate again; it counts as due now."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.state not in (DEAD, DOUBT):
        raise SpecError(
            row.key, "state", f"is {row.state}", "only dead and doubtful messages are sent again"
        )
    before = {"state": row.state, "error": row.error}
    Message.objects.filter(pk=row.pk).update(
        state=QUEUED,
        due_at=now,
        send_after=now,
        passed_at=None,
        settled_at=None,
        attempts=0,
        rule="",
        reason="",
    )
    audit.record(by, "message.sent_again", "message", row.key, before, {"state": QUEUED}, now=now)


@transaction.atomic
def settle_doubt(message: Message, by: object, *, now: datetime) -> None:
    """Say that a doubtful message did arrive."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if row.state != DOUBT:
        raise SpecError(
            row.key, "state", f"is {row.state}", "only a doubtful message can be settled"
        )
    Message.objects.filter(pk=row.pk).update(state=SENT, settled_at=now)
    audit.record(
        by, "message.settled", "message", row.key, {"state": DOUBT}, {"state": SENT}, now=now
    )
    outbox.emit(row, "sent", now)


@transaction.atomic
def refuse(
    recipient: str, channel: str, purpose: str, by: str, *, now: datetime, account_id: str = ""
) -> bool:
    """Keep that ``recipient`` wants nothing of ``purpose`` on ``channel`` (each may be ``any``);
    False if that was known."""
    new = False
    for name in _kept_under(recipient, channel):
        _, made = Refusal.objects.get_or_create(
            recipient=name,
            channel=channel,
            purpose=purpose,
            defaults={"at": now, "by": by[:120]},
        )
        new |= made and name == recipient[:254]
    if new:
        told = {"channel": channel, "purpose": purpose, "by": by}
        _emit("unsubscribed", recipient, account_id, told, now)
    return new


@transaction.atomic
def choose(
    recipient: str, offered: Iterable[Pair], wanted: Iterable[Pair], by: str, *, now: datetime
) -> int:
    """Keep exactly what the recipient chose among the ``offered`` pairs of channel and purpose;
    gives how many changed. All of a channel declined is the channel declined, with whatever may be
    sent by it later. It holds for their mailbox, whoever else said something in it."""
    offer, wish = set(offered), set(wanted)
    kept = mailboxes.refusals(recipient).select_for_update()
    said = {(row.channel, row.purpose) for row in kept}
    before = {(c, p) for c, p in offer if {(c, p), (c, ANY), (ANY, p), (ANY, ANY)} & said}
    after = offer - wish
    if before == after:
        return 0
    channels = {channel for channel, _ in offer}
    kept.filter(channel__in=[*channels, ANY]).delete()
    for channel in sorted(channels):
        mine = {p for c, p in offer if c == channel}
        no = {p for c, p in after if c == channel}
        Refusal.objects.bulk_create(
            Refusal(recipient=name, channel=channel, purpose=p, at=now, by=by[:120])
            for p in ([ANY] if no == mine else sorted(no))
            for name in _kept_under(recipient, channel)
        )
    for what, pairs in (("unsubscribed", after - before), (AGAIN, before - after)):
        for channel, purpose in sorted(pairs):
            told = {"channel": channel, "purpose": purpose, "by": by}
            _emit(what, recipient, "", told, now)
    return len(before ^ after)


@transaction.atomic
def allow(recipient: str, channel: str, purpose: str, by: str, *, now: datetime) -> int:
    """Take a refusal back; ``any`` as purpose takes all of the channel back."""
    kept = mailboxes.refusals(recipient).filter(channel__in=[channel, ANY])
    if purpose != ANY:
        kept = kept.filter(purpose__in=[purpose, ANY])
    gone = kept.values("channel", "purpose").distinct().count()
    kept.delete()
    if gone:
        told = {"channel": channel, "purpose": purpose, "by": by}
        _emit(AGAIN, recipient, "", told, now)
    return gone


def said_no(recipient: str, what: str, *, now: datetime) -> None:
    """Keep that the recipient declined an offer: no selling for a while."""
    for name in _kept_under(recipient, ANY):
        SaidNo.objects.update_or_create(recipient=name, defaults={"at": now, "what": what[:200]})


def _kept_under(recipient: str, channel: str) -> list[str]:
    """Under which names a no is kept: the recipient's, and the marks of their mailboxes."""
    marks = mailboxes.of(recipient) if channel in mailboxes.WIDE else ()
    return [recipient[:254], *sorted(map(mailboxes.mark, marks))]


@transaction.atomic
def unsuppress(kept: Suppression, why: str, by: object, *, now: datetime) -> None:
    """Let messages go to an address again, for a reason."""
    if not why.strip():
        raise SpecError("suppression", "reason", "is empty", "say why this address works again")
    before = {"channel": kept.channel, "reason": kept.reason}
    audit.record(by, "address.allowed", "address", kept.address, before, None, why, now=now)
    kept.delete()


def _emit(what: str, recipient: str, account: str, told: dict[str, str], now: datetime) -> None:
    person = None if "@" in recipient else recipient
    if person is None:
        told = {**told, MAILBOX: mailboxes.mark(recipient.lower())}
    record_own([OwnFact(what, account or None, now, person, told)], now=now)
