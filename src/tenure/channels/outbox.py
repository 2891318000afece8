"""The outbox: messages with leave to go are sent, once, whatever dies on the way.

A message is claimed under a lease (a commit), handed over (a commit right before the point of no
return), and settled (a commit). A worker that dies before handing over leaves a message that is
simply sent by the next. One that dies in between leaves it *in doubt*: a channel whose receivers
recognise what comes again (webhooks) sends it again; on the others nobody may decide but a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, Q, QuerySet, When

from tenure.channels import pacing, registry
from tenure.channels.models import (
    DEAD,
    DOUBT,
    QUEUED,
    READY,
    SENDING,
    SENT,
    WITHHELD,
    Message,
    Suppression,
)
from tenure.channels.registry import InDoubt, OutboundMessage, Rejected, Unreachable
from tenure.channels.settings import Numbers
from tenure.core import leases
from tenure.core import policy as policies
from tenure.core.leases import LeaseLost
from tenure.facts.inbox import OwnFact, record_own

Clock = Callable[[], datetime]
A_ROUND = 20
"""Messages claimed at once: few, so that another worker can take the rest."""


class Stopping(Exception):  # noqa: N818 - nobody's error
    """The worker ends: the rest is for another one."""


def anything_due(now: datetime) -> bool:
    """Whether there is work: for the gate, for a channel, or from a worker that died."""
    due = Q(state__in=[QUEUED, READY], send_after__lte=now)
    return Message.objects.filter(due | _left(now)).exists()


def _left(now: datetime) -> Q:
    """Messages that a worker that has died was about to send."""
    length = timedelta(seconds=policies.load("channels").outbox.lease_seconds)
    return Q(state=SENDING) & leases.free(now, length)


def send_due(owner: str, clock: Clock, ending: Callable[[], bool] = lambda: False) -> int:
    """Send a round of what has leave, channel by channel; gives how many left the house.

    ``ending`` is asked before each message: once true, the rest is put back.
    """
    reclaim(clock())
    waiting = Message.objects.filter(state=READY, send_after__lte=clock())
    channels = list(waiting.values_list("channel", flat=True).distinct())
    return sum(_send_channel(name, owner, clock, ending) for name in sorted(channels))


def renew(now: datetime) -> None:
    """Leave that has grown old is asked for again: what was let through in the afternoon and held
    up by a closed channel must not go out at night."""
    numbers: Numbers = policies.load("channels")
    old = now - timedelta(minutes=numbers.outbox.leave_minutes)
    Message.objects.filter(state=READY, send_after__lte=now, passed_at__lte=old).update(
        state=QUEUED, send_after=now, passed_at=None
    )


def _send_channel(name: str, owner: str, clock: Clock, ending: Callable[[], bool]) -> int:
    numbers: Numbers = policies.load("channels")
    if pacing.is_closed(name, numbers, clock()):
        return 0
    claimed = _claim(name, owner, clock())
    sent = 0
    try:
        if claimed:
            with registry.channel(name).session() as send:
                for row in claimed:
                    if ending():
                        raise Stopping
                    sent += _send(row, send, owner, clock)
    except Stopping:
        _put_back(name, owner, "", clock())
    except Unreachable as closed:
        again = pacing.closed(name, numbers, clock(), str(closed))
        _put_back(name, owner, str(closed), again)
        return 0
    if sent:
        pacing.opened(name, numbers, clock())
    return sent


def _claim(name: str, owner: str, now: datetime) -> Sequence[Message]:
    numbers: Numbers = policies.load("channels")
    until = now + timedelta(seconds=numbers.outbox.lease_seconds)
    must = [p for p, is_for in numbers.purposes.items() if is_for.category == "transactional"]
    first = Case(When(purpose__in=must, then=0), default=1)
    with transaction.atomic():
        room = pacing.room(name, A_ROUND, numbers, now)
        due = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(state=READY, channel=name, send_after__lte=now)
            .order_by("-urgent", first, "send_after", "pk")[:room]
        )
        found = list(due)
        pacing.claimed(name, room, len(found), now)
        Message.objects.filter(pk__in=[m.pk for m in found]).update(
            state=SENDING, lease_owner=owner, lease_until=until, handed_at=None
        )
    return found


def _mine(row: Message, owner: str) -> QuerySet[Message]:
    return Message.objects.filter(pk=row.pk, state=SENDING, lease_owner=owner)


def _send(row: Message, send: registry.Send, owner: str, clock: Clock) -> int:
    numbers: Numbers = policies.load("channels")
    if _too_late(row, numbers, clock()):
        return 0

    def hand_over() -> None:
        now = clock()
        until = now + timedelta(seconds=numbers.outbox.lease_seconds)
        if not _mine(row, owner).update(handed_at=now, lease_until=until):
            raise LeaseLost(row.key)

    try:
        receipt = send(parcel_of(row, numbers), hand_over)
    except LeaseLost:
        return 0
    except Unreachable:
        _mine(row, owner).update(handed_at=None)  # it was not taken: sure, and free to go later
        raise
    except Rejected as no:
        _refused(row, no, owner, numbers, clock())
        return 0
    except InDoubt as broke:
        _in_doubt(row, str(broke), owner, numbers, clock())
        return 0
    _sent(row, receipt, owner, clock())
    return 1


def parcel_of(row: Message, numbers: Numbers) -> OutboundMessage:
    """What the channel gets to see of a message."""
    transactional = numbers.purposes[row.purpose].category == "transactional"
    return OutboundMessage(
        identity_of(row),
        row.address,
        row.content,
        row.purpose,
        row.recipient,
        transactional,
        row.key,
    )


def identity_of(row: Message) -> str:
    """What a message is called outside, the same at every attempt."""
    return f"msg_{row.pk}_{row.created_at:%Y%m%d%H%M%S}"


def _too_late(row: Message, numbers: Numbers, now: datetime) -> bool:
    if now <= row.due_at + numbers.stale_after(row.purpose):
        return False
    reason = "the channel was closed until it was too late"
    with transaction.atomic():
        Message.objects.filter(pk=row.pk).update(
            state=WITHHELD, rule="stale", reason=reason, settled_at=now
        )
        emit(row, "withheld", now, rule="stale", reason=reason)
    return True


def _sent(row: Message, receipt: str, owner: str, now: datetime) -> None:
    with transaction.atomic():
        done = _mine(row, owner).update(
            state=SENT, settled_at=now, receipt=receipt[:255], error="", attempts=row.attempts + 1
        )
        if done:
            emit(row, "sent", now)


def _refused(row: Message, no: Rejected, owner: str, numbers: Numbers, now: datetime) -> None:
    with transaction.atomic():
        if no.suppress:
            suppress(row.channel, row.address, str(no), now, row)
            registry.channel(row.channel).barred(row, str(no), now)
        last = no.final or row.attempts + 1 >= numbers.outbox.attempts
        state = DEAD if last else QUEUED
        _set_aside(row, owner, str(no), state, numbers, now, timedelta(seconds=no.after_seconds))


def _in_doubt(row: Message, why: str, owner: str, numbers: Numbers, now: datetime) -> None:
    again = registry.channel(row.channel).repeatable
    last = row.attempts + 1 >= numbers.outbox.attempts
    state = (DEAD if last else QUEUED) if again else DOUBT
    with transaction.atomic():
        _set_aside(row, owner, why, state, numbers, now)


def _set_aside(
    row: Message,
    owner: str,
    why: str,
    state: str,
    numbers: Numbers,
    now: datetime,
    asked: timedelta = timedelta(),
) -> None:
    """Let go of a message; it comes again no sooner than the other side ``asked`` for."""
    attempts = row.attempts + 1
    changes: dict[str, object] = {
        "state": state,
        "attempts": attempts,
        "error": why,
        "handed_at": None,
    }
    if state == QUEUED:  # through the gate again: much may have changed by then
        later = now + max(numbers.retry_after(attempts), asked)
        changes |= {"send_after": later, "passed_at": None}
    else:
        changes["settled_at"] = now
    if _mine(row, owner).update(**changes) and state != QUEUED:
        emit(row, {DEAD: "failed", DOUBT: "in_doubt"}[state], now, reason=why)


def _put_back(name: str, owner: str, why: str, later: datetime) -> None:
    """Nothing was tried, so nothing counts as tried: it goes from ``later`` on."""
    Message.objects.filter(state=SENDING, lease_owner=owner, channel=name, handed_at=None).update(
        state=READY, send_after=later, error=why, lease_until=None
    )


def reclaim(now: datetime) -> int:
    """Take over what a worker that has died left behind; gives how many."""
    left = list(Message.objects.filter(_left(now)))
    for row in left:
        sure = row.handed_at is None or registry.channel(row.channel).repeatable
        state = READY if sure else DOUBT
        why = "" if sure else "a worker died while handing it over; it may have arrived"
        with transaction.atomic():
            taken = Message.objects.filter(
                pk=row.pk, state=SENDING, lease_owner=row.lease_owner, lease_until=row.lease_until
            ).update(state=state, error=why, settled_at=None if sure else now)
            if taken and not sure:
                emit(row, "in_doubt", now, reason=why)
    return len(left)


def suppress(
    channel: str, address: str, reason: str, now: datetime, row: Message | None = None
) -> None:
    """Send nothing to this address any more; ``row`` is a message to it, for who that is."""
    _, new = Suppression.objects.get_or_create(
        channel=channel, address=address.lower(), defaults={"reason": reason[:200], "at": now}
    )
    if new and row is not None:
        told = {"channel": channel, "reason": reason}
        record_own(
            [
                OwnFact(
                    "address_suppressed", row.account_id or None, now, row.person_id or None, told
                )
            ],
            now=now,
        )


def emit(row: Message, what: str, now: datetime, mark: str = "", **more: str) -> None:
    """What became of a message, as a fact, in the current transaction. The same ``what`` of one
    attempt is told once, unless ``mark`` tells it from the other."""
    told = {
        "channel": row.channel,
        "purpose": row.purpose,
        "source": row.source,
        "message": row.key,
        **more,
    }
    record_own(
        [
            OwnFact(
                f"message_{what}",
                row.account_id or None,
                now,
                row.person_id or None,
                told,
                fact_id=f"message:{row.key}:{what}:{row.attempts}{mark}",
            )
        ],
        now=now,
    )
