"""A test mail, sent at once and past the outbox, to say whether the way for mails works."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.channels.mail.transport import TRANSPORT
from tenure.channels.registry import InDoubt, OutboundMessage, Rejected, Unreachable
from tenure.core import audit

CONTENT = {
    "subject": "A test mail from Tenure",
    "text": "Hello,\n\nthis mail came the way that all mails of this workspace come.\n\n"
    "If you can read it, mails leave. Have a look at its headers for SPF and DKIM: both should say "
    "“pass”.",
}


def send(address: str, by: object, *, now: datetime) -> str:
    """Send a test mail to ``address``; gives the provider's or our id of it. SpecError with the
    reason and what to do if it was not taken."""
    TRANSPORT.check("test mail", address, CONTENT)
    identity = f"trial_{secrets.token_hex(8)}"
    parcel = OutboundMessage(identity, address, CONTENT, "service", address.lower(), True)
    with transaction.atomic():
        audit.record(by, "mail.trial", "mail", "test mail", now=now)
    try:
        with TRANSPORT.session() as way:
            return way(parcel, lambda: None)
    except Unreachable as closed:
        remedy = "check TENURE_MAIL and what goes with it; see docs/how-to/send-mail.md"
        raise SpecError("test mail", "way", str(closed), remedy) from closed
    except Rejected as no:
        remedy = "check the address, and [mail] sender in the policy document 'channels'"
        raise SpecError("test mail", "mail", str(no), remedy) from no
    except InDoubt as broke:
        remedy = "look whether it arrived, before trying again"
        raise SpecError("test mail", "mail", str(broke), remedy) from broke
