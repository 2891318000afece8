"""How mails leave now, and what came of the latest: for pages and commands. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q

from tenure.channels.mail import notices
from tenure.channels.models import SENT, MailNotice, Message
from tenure.channels.settings import Numbers
from tenure.core import policy as policies


@dataclass(frozen=True)
class InForce:
    """The way in force; ``events_url`` is empty where no provider tells anything."""

    way: str
    is_set_up: bool
    sender: str
    reply_to: str
    events_url: str
    listens: bool
    deaf: str


def in_force() -> InForce:
    """How mails leave, by the environment and by policy."""
    way = settings.MAIL_WAY
    numbers: Numbers = policies.load("channels")
    told = way.provider is not None
    return InForce(
        way=way.words,
        is_set_up=bool(way.name),
        sender=numbers.mail.sender,
        reply_to=numbers.mail.reply_to,
        listens=way.listens,
        deaf=way.deaf,
        events_url=f"{settings.PUBLIC_URL}/mail-events/{way.name}/" if told else "",
    )


def outcomes(now: datetime, days: int = 30) -> dict[str, int]:
    """What was said about mails of the last ``days``, by kind."""
    rows = MailNotice.objects.filter(at__gt=now - timedelta(days=days))
    return dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))


def warnings(now: datetime, days: int = 30) -> list[str]:
    """What bounces and complaints of the last ``days`` say about how mails are taken."""
    numbers: Numbers = policies.load("channels")
    since = now - timedelta(days=days)
    left = Q(state=SENT) | Q(outcome="bounced")  # or was refused at the door
    sent = Message.objects.filter(left, channel="mail", created_at__gt=since)
    counted = sent.aggregate(
        mails=Count("pk"),
        bounced=Count("pk", filter=Q(outcome="bounced")),
        complained=Count("pk", filter=Q(outcome="complained")),
    )
    return notices.warnings(**counted, numbers=numbers.mail.bounces)


def latest_notices(most: int) -> list[MailNotice]:
    """What came back last: everything but arrivals."""
    rows = MailNotice.objects.exclude(kind="delivered").select_related("message")
    return list(rows.order_by("-at", "-pk")[:most])


def latest_mails(most: int) -> list[Message]:
    """The mails settled last."""
    rows = Message.objects.filter(channel="mail", settled_at__isnull=False)
    return list(rows.order_by("-pk")[:most])
