"""What is said about a mail after it left, whoever says it; and what follows from it. Pure.

Status codes are those of RFC 3463: 5.1.1 is a mailbox that does not exist, 5.2.2 one that is full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from tenure.channels.mail.settings import Bounces

Kind = Literal["delivered", "soft", "hard", "complaint", "unsubscribed"]
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_UNSAID = ("4.0.0", "5.0.0")
_HOST = re.compile(r"\b(?:https?://\S+|[\w-]+(?:\.[\w-]+)+)")


@dataclass(frozen=True)
class Notice:
    """One thing said about one mail. ``identity`` tells it from all others; ``ours`` is
    the message's number and identity, if our mark came back; ``receipt`` the provider's id."""

    kind: Kind
    address: str
    said: str
    origin: str
    identity: str
    at: datetime | None = None
    ours: tuple[int, str] | None = None
    receipt: str = ""

    @property
    def key(self) -> str:
        """The same for the same notice again, however often it comes."""
        parts = "\x1f".join((self.origin, self.kind, self.identity, self.address.lower()))
        return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def status_in(*texts: str) -> str:
    """The first status code that says anything, in the first text that has one.

    >>> status_in("5.0.0", "smtp; 550 5.1.1 <ann@example.com>: no such user")
    '5.1.1'
    >>> status_in("5.0.0", "mailbox unavailable")
    '5.0.0'
    """
    found = [status for text in texts for status in _STATUS.findall(text)]
    return next((s for s in found if s not in _UNSAID), found[0] if found else "")


def bounce(status: str, numbers: Bounces, words: str = "", unsaid: Kind = "soft") -> Kind:
    """Whether a mail that came back with ``status`` and ``words`` says that the address will never
    work. A status that means something decides; else the words do; else it is ``unsaid``.

    >>> from tenure.channels.settings import packaged
    >>> told = ('550 "Unknown User"', "550 spam.example.com says: user unknown", "552 Mailbox full",
    ...         "554 Blocked using zen.spamhaus.org: no such user?", "554 delivery error")
    >>> [bounce("5.0.0", packaged().mail.bounces, words) for words in told]
    ['hard', 'hard', 'soft', 'soft', 'soft']
    >>> from tenure.channels.settings import packaged
    >>> [bounce(s, packaged().mail.bounces) for s in ("5.1.1", "5.2.2", "4.4.7", "5.7.1", "")]
    ['hard', 'soft', 'soft', 'soft', 'soft']
    """
    if status in numbers.hard_status:
        return "hard"
    if status and status not in numbers.vague_status:
        return "soft"
    plain = f" {_plain(words)} "
    if any(f" {said} " in plain for said in numbers.soft_words):
        return "soft"
    if any(f" {said} " in plain for said in numbers.hard_words):
        return "hard"
    return unsaid


def _plain(words: str) -> str:
    """Small letters and digits, without names of hosts: a spam filter's name is no verdict.

    >>> _plain('550 <ann@example.com>: User  UNKNOWN (mx1.spam.example)')
    '550 ann user unknown'
    """
    return " ".join(re.findall(r"[a-z0-9]+", _HOST.sub(" ", words).lower()))


def warnings(mails: int, bounced: int, complained: int, numbers: Bounces) -> list[str]:
    """What is too much among ``mails`` that went out.

    >>> from tenure.channels.settings import packaged
    >>> warnings(1000, 31, 1, packaged().mail.bounces)
    ['3.1 % of mails went to addresses that do not exist (2 % is much)']
    >>> warnings(99, 99, 99, packaged().mail.bounces)
    []
    """
    if mails < numbers.warn_from_mails:
        return []
    found = (
        (bounced, numbers.warn_bounced_percent, "went to addresses that do not exist"),
        (complained, numbers.warn_complained_percent, "were called spam"),
    )
    return [
        f"{100 * count / mails:.2g} % of mails {what} ({most:g} % is much)"
        for count, most, what in found
        if 100 * count / mails > most
    ]


def bars(kind: Kind, said: str, soft: Sequence[datetime], numbers: Bounces, now: datetime) -> str:
    """Why nothing may be sent to the address any more; empty if it may. ``soft`` are when mails
    came back since one last arrived, this one among them."""
    if kind == "hard":
        return f"a mail came back for good: {said}"
    if kind == "complaint":
        return "its owner marked a mail as spam"
    if kind != "soft":
        return ""
    recent = [at for at in soft if at > now - timedelta(days=numbers.soft_days)]
    if len(recent) < numbers.soft_most:
        return ""
    return f"{len(recent)} mails came back within {numbers.soft_days} days, the last with: {said}"
