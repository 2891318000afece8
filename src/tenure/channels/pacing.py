"""A channel that was closed for long: it is asked again now and then, and what piled up leaves
slowly, so that neither people nor mail servers get a burst."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenure.channels.models import READY, ChannelState, Message
from tenure.channels.settings import Numbers

log = logging.getLogger("tenure.channels")
_MINUTE = timedelta(minutes=1)


def closed(channel: str, numbers: Numbers, now: datetime, why: str) -> datetime:
    """Keep that ``channel`` does not let us in, and say so once; gives when it is asked again."""
    again = now + timedelta(seconds=numbers.outbox.retry_seconds)
    with transaction.atomic():
        row, _ = ChannelState.objects.select_for_update().get_or_create(channel=channel)
        if row.closed_since is None:
            log.warning("%s is closed: %s", channel, why)
        row.closed_since = min(row.closed_since or now, now)
        row.asked_again_at = again
        row.save()
    return again


def is_closed(channel: str, numbers: Numbers, now: datetime) -> bool:
    """Whether it is too early to ask a closed channel again."""
    row = ChannelState.objects.filter(pk=channel, asked_again_at__gt=now).first()
    if row is None or row.asked_again_at is None:
        return False
    # Further ahead than it was ever set means that the clock went back since.
    return row.asked_again_at <= now + timedelta(seconds=numbers.outbox.retry_seconds)


def opened(channel: str, numbers: Numbers, now: datetime) -> None:
    """Keep that ``channel`` took something. If it was closed for long, the rest leaves slowly,
    until nothing waits."""
    after = Q(closed_since__isnull=False) | Q(paced_since__isnull=False)
    with transaction.atomic():
        row = ChannelState.objects.select_for_update().filter(after, pk=channel).first()
        if row is None:
            return
        if row.closed_since is not None:
            log.warning("%s is open again", channel)
        begins = row.paced_since or (now if _was_long(row, numbers, now) else None)
        waits = Message.objects.filter(state=READY, channel=channel, send_after__lte=now).exists()
        if begins and waits and not row.paced_since:
            log.warning("what waits for %s leaves slowly", channel)
        row.paced_since = begins if waits else None
        row.closed_since, row.asked_again_at = None, None
        row.save()


def room(channel: str, wanted: int, numbers: Numbers, now: datetime) -> int:
    """How many messages may be claimed now; call it in the transaction that claims them."""
    row = ChannelState.objects.select_for_update().filter(pk=channel).first()
    if row is None or not (row.paced_since or _was_long(row, numbers, now)):
        return wanted
    return max(min(wanted, numbers.outage.per_minute - _spent(row, now)), 0)


def claimed(channel: str, asked: int, got: int, now: datetime) -> None:
    """Count what was claimed, in the same transaction. Fewer than asked for: nothing piles up any
    more, and the pace ends."""
    row = ChannelState.objects.select_for_update().filter(pk=channel).first()
    if row is None:
        return
    spent = _spent(row, now)
    if spent == 0 or row.minute_from is None:
        row.minute_from = now
    row.minute_count = spent + got
    if asked and got < asked and row.paced_since:
        row.paced_since = None
    row.save()


def _spent(row: ChannelState, now: datetime) -> int:
    """What was claimed within the minute that runs; a clock that went back begins a new one."""
    begun = row.minute_from
    running = begun is not None and begun <= now < begun + _MINUTE
    return row.minute_count if running else 0


def _was_long(row: ChannelState, numbers: Numbers, now: datetime) -> bool:
    since = row.closed_since
    return since is not None and now - since >= timedelta(minutes=numbers.outage.after_minutes)
