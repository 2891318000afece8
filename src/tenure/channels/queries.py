"""What pages ask about messages. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from tenure.channels.models import Message, PushSubscription, Refusal
from tenure.channels.numbers import ANY, Numbers
from tenure.core import policy


def find(*, state: str = "", channel: str = "", search: str = "") -> QuerySet[Message]:
    """Messages that match, newest first; ``search`` looks at addressee, account, source and key."""
    rows = Message.objects.order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if channel:
        rows = rows.filter(channel=channel)
    if search:
        places = ("address", "person_id", "account_id", "source", "key")
        match = Q()
        for place in places:
            match |= Q(**{f"{place}__icontains": search})
        rows = rows.filter(match)
    return rows


def counts() -> dict[str, int]:
    """How many messages are in each state."""
    rows = Message.objects.order_by().values_list("state").annotate(n=Count("pk"))
    return dict(rows)


def of_account(account_id: str, most: int) -> QuerySet[Message]:
    """The latest messages about an account, whatever became of them."""
    return Message.objects.filter(account_id=account_id).order_by("-created_at")[:most]


@dataclass(frozen=True)
class Choice:
    """A purpose on the preference page, and whether the recipient gets messages of it."""

    purpose: str
    title: str
    wanted: bool


def choices(recipient: str, channel: str = "mail") -> list[Choice]:
    """Every purpose a recipient may decline, with what they said of it so far."""
    numbers: Numbers = policy.load("channels")
    said = set(
        Refusal.objects.filter(recipient=recipient, channel__in=[channel, ANY]).values_list(
            "purpose", flat=True
        )
    )
    return [
        Choice(name, purpose.title, not said & {name, ANY})
        for name, purpose in numbers.purposes.items()
        if purpose.category != "transactional"
    ]


def people_with_device() -> QuerySet[PushSubscription, str]:
    """Ids of people who can be pushed to, for a query's ``IN``."""
    return PushSubscription.objects.values_list("person_id", flat=True)


def devices() -> int:
    """How many devices can be pushed to."""
    return PushSubscription.objects.count()
