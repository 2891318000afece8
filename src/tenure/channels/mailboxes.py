"""One mailbox, one will: who said no in a mailbox is heard whatever record names that mailbox.

A mailbox is a mail address in lower case. People change theirs, two records may share one, and a
record may be erased; so every no is also kept under the mailbox's *mark*: a keyed hash that only
this workspace can make, and that outlives an erasure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from tenure.accounts.models import Person
from tenure.channels.models import Message, Refusal
from tenure.channels.settings import ANY
from tenure.facts import persons

MARK = "mailbox:"
MAIL = "mail"
WIDE = (MAIL, ANY)
"""Channels of which a no is said for the mailbox, and not for one record of a person only."""


def mark(mailbox: str) -> str:
    """How a mailbox is known without its address."""
    return MARK + persons.digest(MARK + mailbox)


def is_mark(name: str) -> bool:
    """Whether a recipient or address is only known by its mark."""
    return name.startswith(MARK)


def sharing(mailboxes: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each mailbox the people whose it is: id to the address as it is written there."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    wanted = {m for m in mailboxes if m}
    rows = Person.objects.annotate(mailbox=Lower("email")).filter(mailbox__in=wanted)
    for person, email, mailbox in rows.values_list("pk", "email", "mailbox"):
        found[mailbox][person] = email
    return found


def of(recipient: str) -> set[str]:
    """The mailboxes of a recipient (a person's id, or an address): the one they have, and those
    that mails to them went to."""
    if "@" in recipient:
        return {recipient.lower()}
    email = Person.objects.filter(pk=recipient).values_list("email", flat=True).first()
    went = Message.objects.filter(recipient=recipient, channel=MAIL).exclude(address="")
    written = set(went.values_list("address", flat=True).distinct()) | {email or ""}
    return {address.lower() for address in written if address}


def refusals(recipient: str) -> QuerySet[Refusal]:
    """What a recipient said no to: they themselves, and whoever spoke for their mailbox of mails or
    of everything."""
    own = Q(recipient__in={recipient, *of(recipient)})
    return Refusal.objects.filter(own | Q(recipient__in=names(recipient), channel__in=WIDE))


def names(recipient: str) -> set[str]:
    """Every name under which what the recipient said may be kept: their own, their mailboxes, the
    marks of these, and the people who share them."""
    mailboxes = of(recipient)
    sharers = {person for people in sharing(mailboxes).values() for person in people}
    return {recipient, *mailboxes, *map(mark, mailboxes), *sharers}
