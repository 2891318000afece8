"""What pages ask about messages. Everything here only reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from tenure.accounts.models import Person
from tenure.channels import mailboxes, registry
from tenure.channels.models import Message, PushSubscription
from tenure.channels.settings import ANY, Numbers
from tenure.core import policy


def find(
    *, state: str = "", channel: str = "", search: str = "", outcome: str = ""
) -> QuerySet[Message]:
    """Messages that match, newest first; ``search`` looks at addressee, account, source and key,
    ``outcome`` is what was said of a mail since."""
    rows = Message.objects.order_by("-pk")
    if outcome:
        rows = rows.filter(outcome=outcome)
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


@dataclass(frozen=True)
class Way:
    """A channel on the preference page: what it is, and what may come by it."""

    channel: str
    title: str
    about: str
    choices: tuple[Choice, ...]

    @property
    def wanted(self) -> int:
        """How many purposes the recipient gets this way."""
        return sum(choice.wanted for choice in self.choices)


def ways(recipient: str) -> list[Way]:
    """Every channel that reaches the recipient, with every purpose they may decline there and what
    they said of it so far. Who is known by an address alone is reached by mail only."""
    numbers: Numbers = policy.load("channels")
    refused: dict[str, set[str]] = defaultdict(set)
    for channel, purpose in mailboxes.refusals(recipient).values_list("channel", "purpose"):
        refused[channel].add(purpose)
    known = "@" not in recipient or Person.objects.filter(pk=recipient).exists()
    return [
        Way(name, way.title, way.about, _choices(refused[name] | refused[ANY], numbers))
        for name, way in numbers.channels.items()
        if way.reaches == "person" and (known or registry.kind(name).to == "email")
    ]


def _choices(said: set[str], numbers: Numbers) -> tuple[Choice, ...]:
    return tuple(
        Choice(name, purpose.title, not said & {name, ANY})
        for name, purpose in numbers.purposes.items()
        if purpose.category != "transactional"
    )


def people_with_device() -> QuerySet[PushSubscription, str]:
    """Ids of people who can be pushed to, for a query's ``IN``."""
    return PushSubscription.objects.values_list("person_id", flat=True)


def devices() -> int:
    """How many devices can be pushed to."""
    return PushSubscription.objects.count()
