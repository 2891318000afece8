"""What the profile page asks of digests."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.channels.models import Endpoint
from tenure.core.models import User
from tenure.documents.digests import documents
from tenure.documents.digests.models import SentDigest, Wish
from tenure.documents.digests.policy import KINDS


@dataclass(frozen=True)
class Choice:
    """A kind of digest, how the colleague gets it (empty: not), and the last one sent."""

    kind: str
    title: str
    way: str
    last: SentDigest | None


def choices(user: User) -> list[Choice]:
    """Every kind, with what the colleague chose."""
    wishes = {w.kind: w.endpoint or w.channel for w in Wish.objects.filter(user=user)}
    last = {s.kind: s for s in SentDigest.objects.filter(user=user).order_by("day")}
    titles = documents.current().kinds
    return [Choice(k, titles[k].title, wishes.get(k, ""), last.get(k)) for k in KINDS]


def chats() -> list[str]:
    """Names of the chat endpoints that are on."""
    rows = Endpoint.objects.filter(channel="chat", active=True).order_by("name")
    return list(rows.values_list("name", flat=True))
