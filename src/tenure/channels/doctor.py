"""Checks of the way by which mails leave, and of what recipients find in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings

from tenure.channels.mail import state
from tenure.channels.models import OPEN, Message, PushSubscription
from tenure.channels.push import vapid
from tenure.channels.settings import Numbers
from tenure.core import policy
from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits

HERE = ("localhost", "127.0.0.1", "::1", "")


def way(_limits: DoctorLimits, now: datetime) -> Iterator[Finding]:
    """Can mails leave, come from us, lead back to us, and is it heard if they bounce?"""
    found = settings.MAIL_WAY
    if not found.name:
        yield from _none()
        return
    yield Finding("mail", Level.OK, f"leaves by {found.words}")
    if found.provider and not found.listens:
        text = f"bounces and complaints from {found.words} are not taken in"
        yield Finding("mail", Level.WARN, text, found.deaf)
    for text in state.warnings(now):
        yield Finding(
            "mail",
            Level.WARN,
            text,
            "see Settings, Mail: write only to people who know you, and tidy imported addresses",
        )
    numbers: Numbers = policy.load("channels")
    sender = parseaddr(numbers.mail.sender)[1]
    if sender.rpartition("@")[2] in HERE:
        yield Finding(
            "mail",
            Level.WARN,
            f"mails come from {sender or 'nobody'}: most servers refuse that",
            "set [mail] sender in the policy document 'channels'",
        )
    if (urlsplit(settings.PUBLIC_URL).hostname or "") in HERE:
        yield Finding(
            "mail",
            Level.WARN,
            f"links in mails lead to {settings.PUBLIC_URL}, where nobody gets",
            "start Tenure with TENURE_URL=https://… as customers reach it",
        )


def push(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """Where devices can be pushed to: do push services know how to reach us?"""
    devices = PushSubscription.objects.count()
    if not devices:
        return
    contact = vapid.contact(policy.load("channels"))
    if not contact:
        yield Finding("push", Level.FAIL, f"{vapid.NO_CONTACT}, so nothing is pushed", vapid.ASK)
    else:
        text = f"{devices:,} devices can be pushed to; push services reach you at {contact}"
        yield Finding("push", Level.OK, text)


def _none() -> Iterator[Finding]:
    waiting = Message.objects.filter(channel="mail", state__in=OPEN).count()
    if waiting:
        yield Finding(
            "mail",
            Level.WARN,
            f"{waiting:,} mails wait, and no way for them is set up",
            "start Tenure with TENURE_MAIL=smtp://user:password@host:587 or a provider's name",
        )
    else:
        yield Finding("mail", Level.OK, "no way for mails is set up, and none waits")
