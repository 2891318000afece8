"""What every worker does regularly for the messages: ask the gate, send, tidy."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from django.db import connections

from tenure.channels import gate, outbox, settings
from tenure.channels.models import OPEN, MailNotice, Message
from tenure.core import policy, worker

log = logging.getLogger("tenure.channels")
_ME = worker.own_name()


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of restraint."""
    return (
        policy.PolicyDocument(
            settings.DOCUMENT,
            "Channels",
            settings.DEFAULT,
            settings.parse,
            "What may be sent to whom, when and how often; and how the outbox tries again.",
            permission=policy.GOVERN,
        ),
    )


def work(clock: outbox.Clock = worker.utc_now, owner: str = _ME) -> int:
    """Take what is due through the gate and send what has leave; gives how many were sent."""
    outbox.renew(clock())
    while gate.pass_due(clock()):
        pass
    sent = 0
    while (some := outbox.send_due(owner, clock, _ending)) > 0:
        sent += some
    return sent


def _ending() -> bool:
    return not threading.main_thread().is_alive()


_thread: threading.Thread | None = None


def tick(now: datetime) -> None:
    """Work in a thread of its own: a mail server that hangs must not hold up the other duties."""
    global _thread
    if (_thread is not None and _thread.is_alive()) or not outbox.anything_due(now):
        return
    _thread = threading.Thread(target=_work_in_thread, name="messages")
    _thread.start()


def _work_in_thread() -> None:
    try:
        work()
    except Exception:
        log.exception("sending messages failed; trying again")
    finally:
        connections.close_all()


def tidy(now: datetime) -> int:
    """Forget settled messages that are older than policy keeps them."""
    kept: settings.Numbers = policy.load(settings.DOCUMENT)
    before = now - timedelta(days=kept.outbox.keep_days)
    MailNotice.objects.filter(received_at__lt=before).delete()
    return Message.objects.filter(created_at__lt=before).exclude(state__in=OPEN).delete()[0]
