"""The send gate: every message passes here, and every answer is kept with its reason.

One gate at a time (a lock in the database), because two that look at the same history at the same
moment would both let one more through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from tenure.accounts.models import Person
from tenure.channels import mailboxes, policy
from tenure.channels.models import (
    DOUBT,
    QUEUED,
    READY,
    SENDING,
    SENT,
    WITHHELD,
    Message,
    Refusal,
    SaidNo,
    Suppression,
)
from tenure.channels.settings import ANY, Cap, Numbers
from tenure.core import policy as policies
from tenure.facts.inbox import OwnFact, record_own

MEMORY = timedelta(days=31)
"""How far back messages are counted: the longest period a cap can have, and a day."""
_WENT = (READY, SENDING, SENT, DOUBT)
_LOCK = 7_246_001
_FIELDS = (
    "id",
    "key",
    "channel",
    "purpose",
    "source",
    "recipient",
    "person_id",
    "account_id",
    "address",
    "caps",
    "urgent",
    "held_out",
    "due_at",
)

_COUNTED = ("channel", "source", "purpose")

Troubled = Callable[[Sequence[str], Sequence[str]], set[str]]
_troubled: list[Troubled] = []


def know_trouble(ask: Troubled) -> None:
    """Let a room above say which of some accounts are at one of some risk levels: nothing is sold
    to them."""
    if ask not in _troubled:
        _troubled.append(ask)


@dataclass(frozen=True)
class Passage:
    """What one round of the gate came to."""

    sent: int = 0
    waiting: int = 0
    withheld: int = 0

    def __bool__(self) -> bool:
        return bool(self.sent or self.waiting or self.withheld)


def pass_due(now: datetime) -> Passage:
    """Decide the next chunk of messages that are due."""
    numbers: Numbers = policies.load("channels")
    with transaction.atomic():
        if not _alone():
            return Passage()
        due = list(
            Message.objects.filter(state=QUEUED, send_after__lte=now)
            .order_by("-urgent", "send_after", "pk")
            .values(*_FIELDS)[: numbers.outbox.chunk]
        )
        answers = _decide(due, numbers, now)
        _keep(answers, now)
        _emit(answers, now)
    counts = {v: sum(a.verdict == v for _, a in answers) for v in ("send", "wait", "withhold")}
    return Passage(counts["send"], counts["wait"], counts["withhold"])


def _alone() -> bool:
    """Whether this transaction is the only gate; SQLite's are alone anyway (IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


Row = dict[str, Any]
Answers = list[tuple[Row, policy.Decision]]


def _decide(due: Sequence[Row], numbers: Numbers, now: datetime) -> Answers:
    known = _known(due, now)
    answers: Answers = []
    for row in due:
        recipient = known.recipient(row)
        answer = policy.decide(_ask(row), recipient, numbers, now)
        if answer.verdict == "send":
            category = numbers.purposes[row["purpose"]].category
            known.colleagues.add(row)
            known.before.add(
                row, policy.Before(now, row["channel"], row["source"], category == "transactional")
            )
        answers.append((row, answer))
    return answers


def _ask(row: Row) -> policy.SendRequest:
    return policy.SendRequest(
        row["channel"],
        row["purpose"],
        row["due_at"],
        row["source"],
        tuple(Cap.model_validate(cap) for cap in row["caps"]),
        row["urgent"],
        row["held_out"],
    )


@dataclass
class _Before:
    """Messages that went out, by whom they were for and by the mailbox they went to."""

    recipients: dict[str, dict[int, policy.Before]]
    mailboxes: dict[str, dict[int, policy.Before]]

    def add(self, row: Row, sent: policy.Before) -> None:
        self.recipients[row["recipient"]][row["id"]] = sent
        if row["channel"] == "mail" and row["address"]:
            self.mailboxes[row["address"].lower()][row["id"]] = sent

    def of(self, recipient: str, mailbox: str) -> list[policy.Before]:
        found = self.recipients.get(recipient, {}) | self.mailboxes.get(mailbox, {})
        return sorted(found.values(), key=lambda sent: sent.at)


@dataclass
class _Colleagues:
    """Who lately got messages, by account and source: on the channels on which they count."""

    reached: dict[tuple[str, str], set[str]]
    channels: tuple[str, ...]

    def add(self, row: Row) -> None:
        if row["account_id"] and row["source"] and row["channel"] in self.channels:
            self.reached[row["account_id"], row["source"]].add(row["recipient"])

    def others(self, row: Row) -> int:
        """How many besides the recipient; none where they are among them."""
        found = self.reached.get((row["account_id"], row["source"]), set())
        return 0 if row["recipient"] in found else len(found)


@dataclass
class _Known:
    """What is known of the recipients of one chunk, read in a few queries."""

    zones: dict[str, str]
    emails: dict[str, str]
    sharing: dict[str, dict[str, str]]
    suppressed: dict[tuple[str, str], str]
    refused: dict[str, set[tuple[str, str]]]
    troubled: set[str]
    said_no: dict[str, datetime]
    before: _Before
    colleagues: _Colleagues

    def recipient(self, row: Row) -> policy.Recipient:
        who, mailbox = row["recipient"], _mailbox(row, self.emails)
        own = {who, row["address"].lower()}  # said no by address, before the person was known
        shared = {mailbox, mailboxes.mark(mailbox), *self.sharing.get(mailbox, ())} - {""}
        said = [self.said_no[name] for name in own | shared if name in self.said_no]
        return policy.Recipient(
            zone=self.zones.get(row["person_id"], ""),
            suppressed=self._suppressed(row),
            refused=self._refused(own, shared - own, row["channel"]),
            in_trouble=row["account_id"] in self.troubled,
            last_no_at=max(said, default=None),
            before=self.before.of(who, mailbox),
            colleagues=self.colleagues.others(row),
        )

    def _suppressed(self, row: Row) -> str:
        address = row["address"].lower()
        marked = (row["channel"], mailboxes.mark(address))
        return self.suppressed.get((row["channel"], address)) or self.suppressed.get(marked, "")

    def _refused(self, own: set[str], shared: set[str], channel: str) -> frozenset[tuple[str, str]]:
        """What they said, and what was said in their mailbox of mails (or of everything)."""
        said = {pair for name in own for pair in self.refused.get(name, ())}
        wide = mailboxes.WIDE if channel == mailboxes.MAIL else (ANY,)
        there = {pair for name in shared for pair in self.refused.get(name, ()) if pair[0] in wide}
        return frozenset(said | there)


def _mailbox(row: Row, emails: dict[str, str]) -> str:
    address = row["address"] if row["channel"] == "mail" else emails.get(row["person_id"], "")
    return str(address).lower()


def _known(due: Sequence[Row], now: datetime) -> _Known:
    people = {row["person_id"] for row in due if row["person_id"]}
    known = {
        pk: (zone, email)
        for pk, zone, email in Person.objects.filter(pk__in=people).values_list(
            "pk", "timezone", "email"
        )
    }
    emails = {pk: email for pk, (_, email) in known.items()}
    recipients = {row["recipient"] for row in due}
    addresses = {row["address"].lower() for row in due if row["address"]}
    boxes = {box for row in due if (box := _mailbox(row, emails))}
    sharing = mailboxes.sharing(boxes)
    sharers = {person for people_of in sharing.values() for person in people_of}
    marks = {mailboxes.mark(box) for box in boxes | addresses}
    names = recipients | addresses | boxes | sharers | marks
    written = {row["address"] for row in due} | {e for b in sharing.values() for e in b.values()}
    return _Known(
        zones={pk: zone for pk, (zone, _) in known.items()},
        emails=emails,
        sharing=sharing,
        suppressed={
            (s.channel, s.address): s.reason
            for s in Suppression.objects.filter(address__in=addresses | marks)
        },
        refused=_refusals(names),
        troubled=_in_trouble({row["account_id"] for row in due if row["account_id"]}),
        said_no=dict(SaidNo.objects.filter(pk__in=names).values_list("pk", "at")),
        before=_history(recipients, (written | boxes) - {""}, now),
        colleagues=_colleagues(due, now),
    )


def _refusals(names: set[str]) -> dict[str, set[tuple[str, str]]]:
    refused: dict[str, set[tuple[str, str]]] = defaultdict(set)
    rows = Refusal.objects.filter(recipient__in=names)
    for who, channel, purpose in rows.values_list("recipient", "channel", "purpose"):
        refused[who].add((channel, purpose))
    return refused


def _in_trouble(accounts: set[str]) -> set[str]:
    listed, levels = sorted(accounts), policies.load("channels").selling.not_at_risk
    return {a for ask in _troubled for a in ask(listed, levels)} if listed else set()


def _colleagues(due: Sequence[Row], now: datetime) -> _Colleagues:
    cap = policies.load("channels").account
    found = _Colleagues(defaultdict(set), cap.channels)
    rows = Message.objects.filter(
        passed_at__gt=now - timedelta(days=cap.days),
        state__in=_WENT,
        channel__in=cap.channels,
        account_id__in={row["account_id"] for row in due if row["account_id"]},
        source__in={row["source"] for row in due if row["source"]},
    )
    for row in rows.values("account_id", "source", "recipient", "channel").distinct():
        found.add(dict(row))
    return found


def _history(recipients: set[str], addresses: set[str], now: datetime) -> _Before:
    numbers: Numbers = policies.load("channels")
    went = Message.objects.filter(passed_at__gt=now - MEMORY, state__in=_WENT)
    found = _Before(defaultdict(dict), defaultdict(dict))
    for rows in (
        went.filter(recipient__in=recipients),
        went.filter(address__in=addresses, channel="mail"),
    ):
        for row in rows.values("id", "recipient", "address", "passed_at", *_COUNTED):
            kept = numbers.purposes.get(row["purpose"])
            system = numbers.channels[row["channel"]].reaches == "system"
            free = system or (kept is not None and kept.category == "transactional")
            at = row["passed_at"] or now
            found.add(row, policy.Before(at, row["channel"], row["source"], free))
    return found


def _keep(answers: Answers, now: datetime) -> None:
    leave = [row["id"] for row, answer in answers if answer.verdict == "send"]
    Message.objects.filter(pk__in=leave).update(
        state=READY, passed_at=now, rule="", reason="", send_after=now
    )
    for row, answer in answers:
        if answer.verdict == "send":
            continue
        changes: dict[str, Any] = {"rule": answer.rule, "reason": answer.reason}
        if answer.verdict == "wait":
            changes["send_after"] = answer.until
        else:
            changes |= {"state": WITHHELD, "settled_at": now}
        Message.objects.filter(pk=row["id"]).update(**changes)


def _emit(answers: Answers, now: datetime) -> None:
    record_own(
        (
            OwnFact(
                "message_withheld",
                row["account_id"] or None,
                now,
                row["person_id"] or None,
                {
                    "channel": row["channel"],
                    "purpose": row["purpose"],
                    "source": row["source"],
                    "message": row["key"],
                    "rule": answer.rule,
                    "reason": answer.reason,
                },
                fact_id=f"message:{row['key']}:withheld",
            )
            for row, answer in answers
            if answer.verdict == "withhold"
        ),
        now=now,
    )


__all__ = ["Passage", "know_trouble", "pass_due"]
