"""Reports of mail servers, taken in one after the other; what could not be used is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from tenure.channels.mail import reports, taking_in
from tenure.channels.settings import Numbers
from tenure.core import audit
from tenure.core import policy as policies

_MOST_NAMED = 50


@dataclass
class Reading:
    """What came of some mails: how many of each, and the first that could not be used."""

    mails: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    left: list[tuple[str, str]] = field(default_factory=list)


def read(
    mails: Iterable[tuple[str, bytes]], by: object, *, now: datetime, believe: bool = False
) -> Reading:
    """Take in every report among ``mails`` (name, bytes). Without ``believe``, one that brings no
    mark of ours back is left alone: anybody could have written it."""
    numbers: Numbers = policies.load("channels")
    found = Reading()
    for name, raw in mails:
        found.mails += 1
        try:
            said = reports.read(raw, numbers.mail.bounces)
        except reports.Misread as why:
            _leave(found, name, "no report", str(why))
            continue
        if not said:
            found.counts["changes nothing"] += 1
        for notice in said:
            came = taking_in.take_in(notice, now=now, proven=believe)
            found.counts[came] += 1
            if came == "taken in":
                found.kinds[notice.kind] += 1
            elif came == "about no mail of ours":
                _leave(found, name, "", "it does not bring the mark of a mail of ours back")
    with transaction.atomic():
        counted = {**found.counts, "mails": found.mails}
        audit.record(by, "mail.bounces_read", "mail", "bounces", None, counted, now=now)
    return found


def _leave(found: Reading, name: str, count: str, why: str) -> None:
    if count:
        found.counts[count] += 1
    if len(found.left) < _MOST_NAMED:
        found.left.append((name, why))
