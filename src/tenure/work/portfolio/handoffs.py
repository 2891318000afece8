"""Work handed to others: opened with its context, followed, and closed with what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec
import pyarrow as pa
from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels import drafts
from tenure.core import audit
from tenure.facts.healing import SweepScope
from tenure.facts.inbox import OwnFact, record_own
from tenure.work.portfolio import handoff_delivery, policy
from tenure.work.portfolio.models import BACK, OPEN, WITHDRAWN, HandOff
from tenure.work.tasks import actions as tasks
from tenure.work.tasks.models import DONE, Task

MOST_LINKS = 20
EVENT = "events:tenure.task_closed"


@dataclass(frozen=True)
class Request:
    """Work to be handed over; ``receiver`` empty: as policy has it for the kind."""

    kind: str
    title: str
    why: str
    account: Account | None = None
    links: Sequence[str] = ()
    receiver: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    outcome: str
    note: str = ""
    links: Sequence[str] = ()
    reference: str = ""


@transaction.atomic
def open_hand_off(asked: Request, by: object, *, now: datetime) -> HandOff:
    """Hand work over: a task for a person, or a message to an endpoint, with all of its context."""
    kinds = policy.current().hand_offs
    if asked.kind not in kinds:
        names = ", ".join(kinds)
        raise SpecError("hand-off", "kind", f"there is no kind {asked.kind!r}", f"use: {names}")
    for name, text in (("title", asked.title), ("why", asked.why)):
        if not text.strip():
            raise SpecError("hand-off", name, "is empty", "say what it is about, and why")
    kind = kinds[asked.kind]
    receiver = handoff_delivery.receiver(asked.receiver or kind.to)
    row = HandOff.objects.create(
        kind=asked.kind,
        account_id=asked.account.pk if asked.account else "",
        title=asked.title.strip()[:200],
        why=asked.why.strip(),
        links=checked(asked.links),
        receiver=receiver.text,
        owner=receiver.user,
        due_at=now + timedelta(days=kind.due_days),
        opened_by=audit.actor_name(by)[:254],
        opened_at=now,
    )
    handoff_delivery.hand(row, kind, receiver, asked.account, by, now)
    after = {"kind": row.kind, "to": row.receiver, "title": row.title}
    audit.record(by, "hand_off.opened", "hand_off", row.pk, None, after, row.why, now=now)
    _emit("hand_off_opened", row, now, to=row.receiver)
    return row


@transaction.atomic
def came_back(pk: int, answer: Answer, by: object, *, now: datetime) -> HandOff:
    """Record what came back; the task for it is done with. SpecError if it is closed already."""
    outcomes = policy.current().outcomes
    if answer.outcome not in outcomes:
        names = ", ".join(outcomes)
        raise SpecError(
            "hand-off", "outcome", f"there is no outcome {answer.outcome!r}", f"use one of: {names}"
        )
    row = _open(pk)
    row.outcome, row.note = answer.outcome, answer.note.strip()
    row.back_links, row.reference = checked(answer.links), answer.reference.strip()[:200]
    _close(row, BACK, by, now)
    after = {"outcome": row.outcome, "reference": row.reference}
    audit.record(by, "hand_off.back", "hand_off", row.pk, {"state": OPEN}, after, row.note, now=now)
    _emit("hand_off_back", row, now, outcome=row.outcome, by=row.closed_by)
    return row


@transaction.atomic
def withdraw(pk: int, why: str, by: object, *, now: datetime) -> HandOff:
    """Take a hand-off back before it is done; a message that has not left is not sent."""
    row = _open(pk)
    row.note = why.strip()
    _close(row, WITHDRAWN, by, now)
    drafts.cancel(row.source, now=now)
    states = {"state": OPEN}, {"state": WITHDRAWN}
    audit.record(by, "hand_off.withdrawn", "hand_off", row.pk, *states, row.note, now=now)
    _emit("hand_off_withdrawn", row, now, by=row.closed_by)
    return row


def on_task_closed(rows: pa.Table, now: datetime) -> None:
    """Whoever closes the task of a hand-off says what came back of it; once."""
    for text in rows["properties"].to_pylist():
        told = msgspec.json.decode(text or "{}")
        key = str(told.get("task", ""))
        if not key.startswith("hand-off:") or not key[9:].isdigit():
            continue
        task = Task.objects.filter(key=key).order_by("pk").last()
        if task is not None and HandOff.objects.filter(pk=int(key[9:]), state=OPEN).exists():
            _answered(int(key[9:]), task, now)


def sweep(ask: SweepScope) -> int:
    """How many open hand-offs have a task that is done."""
    waiting = HandOff.objects.filter(state=OPEN).values_list("pk", flat=True)
    keys = {f"hand-off:{pk}": pk for pk in waiting}
    done = {t.key: t for t in Task.objects.filter(key__in=keys, state=DONE).order_by("pk")}
    for key, task in done.items() if ask.heal else ():
        _answered(keys[key], task, ask.now)
    return len(done)


def _answered(pk: int, task: Task, now: datetime) -> None:
    came_back(pk, Answer(_as_ours(task.outcome), task.note), task.closed_by, now=now)


def _as_ours(outcome: str) -> str:
    """The outcome of a task as one of a hand-off: the same if there is one, else the first."""
    outcomes = policy.current().outcomes
    return outcome if outcome in outcomes else next(iter(outcomes))


def checked(links: Sequence[str]) -> list[str]:
    """Links without blanks; SpecError for what is no web address, or for too many."""
    found = [link.strip() for link in links if link.strip()]
    if len(found) > MOST_LINKS:
        raise SpecError("hand-off", "links", f"are more than {MOST_LINKS}", "give fewer")
    for link in found:
        try:
            parts = urlsplit(link)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise SpecError(
                "hand-off", "links", f"{link[:80]!r} is no web address", "begin with https://"
            )
    return found


def _open(pk: int) -> HandOff:
    row = HandOff.objects.select_for_update().get(pk=pk)
    if row.state != OPEN:
        raise SpecError("hand-off", "state", f"is {row.state}", "only an open one can be closed")
    return row


def _close(row: HandOff, state: str, by: object, now: datetime) -> None:
    row.state, row.closed_at, row.closed_by = state, now, audit.actor_name(by)[:254]
    row.save()
    tasks.cancel(row.source, now=now)


def _emit(event: str, row: HandOff, now: datetime, **more: str) -> None:
    told = {"hand_off": row.pk, "kind": row.kind, "title": row.title, **more}
    record_own([OwnFact(event, row.account_id or None, now, None, told)], now=now)
