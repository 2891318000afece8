"""The key by which push services know this workspace (VAPID, RFC 8292). Made at first use.

It cannot be changed: every subscription is bound to it.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import parseaddr

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from webpush.vapid import VAPID

from tenure.channels.models import PushKey
from tenure.channels.settings import Numbers
from tenure.core import audit, worker

_NOWHERE = ("localhost", "local", "localdomain", "internal", "lan", "home", "invalid", "test")


def key(now: datetime | None = None) -> PushKey:
    """The workspace's key; of two that make it at once, one wins."""
    kept = PushKey.objects.filter(pk=1).first()
    if kept is not None:
        return kept
    moment = now or worker.utc_now()
    private, public, _ = VAPID.generate_keys()
    made = {"private": private.decode(), "public": public.decode(), "created_at": moment}
    kept, new = PushKey.objects.get_or_create(pk=1, defaults=made)
    if new:
        audit.record(audit.SYSTEM, "push_key.made", "push key", public_text(kept), now=moment)
    return kept


def public_text(kept: PushKey) -> str:
    """The public key as browsers take it (``applicationServerKey``)."""
    return VAPID.get_application_server_key(load_pem_public_key(kept.public.encode()))


def contact(numbers: Numbers) -> str:
    """The mail address at which a push service reaches whoever runs this workspace; empty if none
    is known that leads anywhere. Some services (Apple's) refuse every push without one."""
    address = numbers.push.contact or parseaddr(numbers.mail.sender)[1]
    return address if leads_somewhere(address) else ""


def leads_somewhere(address: str) -> bool:
    """Whether a mail address could be one of the internet's.

    >>> [leads_somewhere(a) for a in ("ops@shop.example", "success@localhost", "ops@box.local", "")]
    [True, False, False, False]
    """
    name, _, host = address.strip().lower().rpartition("@")
    return bool(name) and "." in host.strip(".") and host.rpartition(".")[2] not in _NOWHERE


NO_CONTACT = "push services are told no address at which they reach you"
ASK = "set [push] contact in the policy document 'channels' to a mail address that you read"
