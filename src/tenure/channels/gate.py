"""The send gate: every message passes here, and every answer is kept with its reason.

One gate at a time (a lock in the database), because two that look at the same history at the same
moment would both let one more through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from tenure.accounts.models import Person
from tenure.channels import policy
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
)  # fmt: skip
from tenure.channels.numbers import Cap, Numbers
from tenure.core import policy as policies
from tenure.facts.inbox import OwnFact, record_own

MEMORY = timedelta(days=31)
"""How far back messages are counted: the longest period a cap can have, and a day."""
_WENT = (READY, SENDING, SENT, DOUBT)
_LOCK = 7_246_001
_FIELDS = (
    "id", "key", "channel", "purpose", "source", "recipient", "person_id", "account_id",
    "address", "caps", "urgent", "held_out", "due_at",
)  # fmt: skip

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
        _tell(answers, now)
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
            known.before[row["recipient"]].append(
                policy.Before(now, row["channel"], row["source"], category == "transactional")
            )
        answers.append((row, answer))
    return answers


def _ask(row: Row) -> policy.Ask:
    return policy.Ask(
        row["channel"], row["purpose"], row["due_at"], row["source"],
        tuple(Cap.model_validate(cap) for cap in row["caps"]), row["urgent"], row["held_out"],
    )  # fmt: skip


@dataclass
class _Known:
    """What is known of the recipients of one chunk, read in a few queries."""

    zones: dict[str, str]
    suppressed: dict[tuple[str, str], str]
    refused: dict[str, set[tuple[str, str]]]
    troubled: set[str]
    said_no: dict[str, datetime]
    before: dict[str, list[policy.Before]]

    def recipient(self, row: Row) -> policy.Recipient:
        who = row["recipient"]
        also = row["address"].lower()  # said no by address, before the person was known
        return policy.Recipient(
            zone=self.zones.get(row["person_id"], ""),
            suppressed=self.suppressed.get((row["channel"], also), ""),
            refused=frozenset(self.refused.get(who, set()) | self.refused.get(also, set())),
            in_trouble=row["account_id"] in self.troubled,
            last_no_at=self.said_no.get(who),
            before=self.before[who],
        )


def _known(due: Sequence[Row], now: datetime) -> _Known:
    people = {row["person_id"] for row in due if row["person_id"]}
    recipients = {row["recipient"] for row in due}
    addresses = {row["address"].lower() for row in due}
    refused: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for who, channel, purpose in Refusal.objects.filter(
        recipient__in=recipients | addresses
    ).values_list("recipient", "channel", "purpose"):
        refused[who].add((channel, purpose))
    barred = Suppression.objects.filter(address__in=addresses)
    return _Known(
        zones=dict(Person.objects.filter(pk__in=people).values_list("pk", "timezone")),
        suppressed={(s.channel, s.address): s.reason for s in barred},
        refused=refused,
        troubled=_in_trouble({row["account_id"] for row in due if row["account_id"]}),
        said_no=dict(SaidNo.objects.filter(pk__in=recipients).values_list("pk", "at")),
        before=_history(recipients, now),
    )


def _in_trouble(accounts: set[str]) -> set[str]:
    listed, levels = sorted(accounts), policies.load("channels").selling.not_at_risk
    return {a for ask in _troubled for a in ask(listed, levels)} if listed else set()


def _history(recipients: Iterable[str], now: datetime) -> dict[str, list[policy.Before]]:
    numbers: Numbers = policies.load("channels")
    went = Message.objects.filter(
        recipient__in=list(recipients), passed_at__gt=now - MEMORY, state__in=_WENT
    ).values_list("recipient", "passed_at", "channel", "source", "purpose")
    found: dict[str, list[policy.Before]] = defaultdict(list)
    for who, at, channel, source, purpose in went:
        kept = numbers.purposes.get(purpose)
        system = numbers.channels[channel].reaches == "system"
        free = system or (kept is not None and kept.category == "transactional")
        found[who].append(policy.Before(at or now, channel, source, free))
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


def _tell(answers: Answers, now: datetime) -> None:
    record_own(
        (
            OwnFact(
                "message_withheld", row["account_id"] or None, now, row["person_id"] or None,
                {"channel": row["channel"], "purpose": row["purpose"], "source": row["source"],
                 "message": row["key"], "rule": answer.rule, "reason": answer.reason},
                fact_id=f"message:{row['key']}:withheld",
            )
            for row, answer in answers
            if answer.verdict == "withhold"
        ),
        now=now,
    )  # fmt: skip


__all__ = ["Passage", "know_trouble", "pass_due"]
