"""Who said no at a former mail system: rows of the table ``refusals``, in force before the first
mail goes out. The same rows again change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.db import transaction

from tenure.channels import actions, mailboxes
from tenure.channels.models import Refusal, Suppression
from tenure.channels.settings import ANY, Numbers
from tenure.core import policy
from tenure.core.models import AuditEntry
from tenure.facts import reading
from tenure.facts.casts import literal
from tenure.facts.healing import SweepScope

BY = "former mail system"
SAID_NO = "unsubscribed"
_REASONS = {"bounced": "its mails came back", "complained": "its owner marked a mail as spam"}
_CHUNK = 1000
Row = dict[str, Any]


def on_refusals(facts: pa.Table, now: datetime) -> None:
    """Who unsubscribed there is written to no more, who bounced or complained is barred."""
    for start in range(0, facts.num_rows, _CHUNK):
        _keep(facts.slice(start, _CHUNK).to_pylist(), now)


def sweep(ask: SweepScope) -> int:
    """How many who said no at the former mail system are not known here, and have not taken it
    back. All are looked at: an imported row counts as received when it was said."""
    found = reading.latest("SELECT * FROM refusals ORDER BY message_id", ask.now, "refusals")
    missed = _unknown(reading.dated(found))
    if missed:
        again = _taken_back(ask.now)
        missed = [row for row in missed if mailboxes.mark(_mailbox(row)) not in again]
    if ask.heal:
        _keep(missed, ask.now)
    return len(missed)


def _unknown(rows: Sequence[Row]) -> list[Row]:
    """Rows whose mailbox nothing is known of."""
    found: list[Row] = []
    for start in range(0, len(rows), _CHUNK):
        part = [row for row in rows[start : start + _CHUNK] if row["kind"] in (*_REASONS, SAID_NO)]
        names = {_mailbox(row) for row in part}
        names |= {mailboxes.mark(name) for name in names}
        no = set(Refusal.objects.filter(recipient__in=names).values_list("recipient", flat=True))
        kept = Suppression.objects.filter(address__in=names, channel=mailboxes.MAIL)
        barred = set(kept.values_list("address", flat=True))
        for row in part:
            known = no if row["kind"] == SAID_NO else barred
            if not known & {_mailbox(row), mailboxes.mark(_mailbox(row))}:
                found.append(row)
    return found


def _taken_back(now: datetime) -> set[str]:
    """Marks of the mailboxes that may be written to again since."""
    query = (
        "SELECT DISTINCT person_id, properties FROM raw_events"
        f" WHERE event = {literal(f'tenure.{actions.AGAIN}')} AND source = 'tenure'"
    )
    found = set()
    for told in reading.latest(query, now, "events").to_pylist():
        if mark := json.loads(told["properties"] or "{}").get(actions.MAILBOX):
            found.add(mark)
        elif told["person_id"]:
            found |= {mailboxes.mark(m) for m in mailboxes.of(told["person_id"])}
    allowed = AuditEntry.objects.filter(action="address.allowed")
    for address in allowed.values_list("target_id", flat=True):
        found.add(address if mailboxes.is_mark(address) else mailboxes.mark(address.lower()))
    return found


def _keep(rows: Sequence[Row], now: datetime) -> None:
    numbers: Numbers = policy.load("channels")
    with transaction.atomic():
        Refusal.objects.bulk_create(_refusals(rows, numbers, now), ignore_conflicts=True)
        Suppression.objects.bulk_create(_barred(rows, now), ignore_conflicts=True)


def _refusals(rows: Sequence[Row], numbers: Numbers, now: datetime) -> Iterator[Refusal]:
    for row in rows:
        if row["kind"] != SAID_NO:
            continue
        mailbox = _mailbox(row)
        channel = _known(row["channel"], numbers.channels, mailboxes.MAIL)
        purpose = _known(row["purpose"], numbers.purposes, ANY)
        marks = [mailboxes.mark(mailbox)] if channel in mailboxes.WIDE else []
        for name in (mailbox[:254], *marks):
            yield Refusal(recipient=name, channel=channel, purpose=purpose, at=_at(row, now), by=BY)


def _barred(rows: Sequence[Row], now: datetime) -> Iterator[Suppression]:
    for row in rows:
        if why := _REASONS.get(row["kind"]):
            said = f": {row['reason']}" if row["reason"] else ""
            yield Suppression(
                channel=mailboxes.MAIL,
                address=_mailbox(row)[:500],
                reason=f"{why}, says the {BY}{said}"[:200],
                at=_at(row, now),
            )


def _mailbox(row: Row) -> str:
    return str(row["email"]).strip().lower()


def _known(given: str | None, known: Any, default: str) -> str:
    """A word of ours; one of theirs means as much as can be meant: rather too few mails."""
    word = (given or "").strip().lower()
    return word if word in known or word == ANY else default


def _at(row: Row, now: datetime) -> datetime:
    at: datetime | None = row["said_at"]
    return min(at or now, now)
