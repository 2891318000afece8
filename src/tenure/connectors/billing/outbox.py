"""The outbox for billing: programs hand acts in, under a key, and hear what became of them.

An act is handed in with the change that asks for it, in one transaction. It is claimed in another,
asked of the billing system outside of any, and its result written down in a third: nobody waits
for a foreign server with a lock in hand. A process killed in between leaves a lease that runs out;
the system is then asked again under the same key, which it knows. While it cannot be reached, acts
wait; what it refuses is for a person to see to.
"""

from __future__ import annotations

import logging
import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Q, QuerySet

from tenure.analytics.errors import SpecError
from tenure.connectors.billing import acts, models
from tenure.connectors.billing.acts import Act, Request
from tenure.connectors.billing.contract import Outcome, Rejected, Unavailable, billing
from tenure.connectors.billing.models import DONE, DROPPED, REFUSED, UNDONE, WAITING
from tenure.core import leases

log = logging.getLogger("tenure.billing")
Clock = Callable[[], datetime]
UNTRIED_PLAN = Q(planned=True, tries=0)
"""Acts that are due on a day to come: others do not wait for them."""


class Program(Protocol):
    """Who hands acts in. What it is told, it is told in the transaction that writes it down."""

    def provider(self) -> str:
        """The billing system that its acts are asked of."""

    def outdated(self, act: Act, now: datetime) -> str:
        """Why an act makes no sense any more; empty if it does."""

    def done(self, act: Act, outcome: Outcome, now: datetime) -> None:
        """It was done (or declined, or is awaited: see ``Outcome``)."""

    def refused(self, act: Act, why: str, now: datetime) -> None:
        """The billing system said no, and will say so again."""

    def waits(self, act: Act, why: str, now: datetime) -> None:
        """There was no answer; it is tried again at ``act.due_at``."""


_programs: dict[str, Program] = {}


def register(name: str, program: Program) -> None:
    """Name who hears what became of the acts handed in as ``name``."""
    _programs[name] = program


@cache
def settings() -> dict[str, Any]:
    """The numbers of ``outbox.toml``."""
    text = files("tenure.connectors.billing").joinpath("outbox.toml").read_text("utf-8")
    return tomllib.loads(text)


def lease() -> timedelta:
    """How long a process may be at an act."""
    return timedelta(seconds=settings()["lease_seconds"])


def retry_after(tries: int) -> timedelta:
    """How long to wait after so many tries without an answer.

    >>> [int(retry_after(n).total_seconds() / 60) for n in (1, 2, 3, 4, 20)]
    [1, 2, 4, 8, 60]
    """
    numbers = settings()
    minutes = numbers["retry_minutes"] * 2 ** min(tries - 1, 10)
    return timedelta(minutes=min(numbers["retry_most_minutes"], minutes))


# -- handing in -----------------------------------------------------------------------------------


@transaction.atomic
def ask(request: Request, now: datetime, by: str = "") -> Act:
    """Hand an act in, in the caller's transaction. Known by its key it stays as it is, but one that
    was dropped is taken up again, and one that was refused goes under a key of its own."""
    row, new = models.Act.objects.get_or_create(
        key=request.key[:300],
        defaults={
            "program": request.program,
            "subject": request.subject[:255],
            "account_id": request.account_id,
            "subscription_id": request.subscription_id,
            "invoice_id": request.invoice_id,
            "what": request.what,
            "terms": dict(request.terms),
            "asked_at": now,
            "due_at": request.due_at or now,
            "by": by[:254],
            "planned": request.due_at is not None and request.due_at > now,
        },
    )
    if not new and row.state in (DROPPED, REFUSED):
        row = _again(row, now)
    return _plain(row)


def _again(row: models.Act, now: datetime) -> models.Act:
    if row.state == REFUSED:  # the old key has its answer
        row.round += 1
    row.state, row.due_at, row.done_at, row.tries = WAITING, now, None, 0
    row.save(update_fields=["round", "state", "due_at", "done_at", "tries"])
    return row


@transaction.atomic
def try_again(number: int, now: datetime) -> tuple[Act, Act]:
    """Have an act that billing refused tried again, after somebody has seen to it. Gives it as it
    was, and as it is; SpecError if it was not refused."""
    row = models.Act.objects.select_for_update().filter(pk=number).first()
    if row is None or row.state != REFUSED:
        raise SpecError(
            "billing", f"act {number}", "was not refused", "only those can be tried again"
        )
    before = _plain(row)
    return before, _plain(_again(row, now))


@transaction.atomic
def take_back(number: int, why: str, by: str, now: datetime) -> Act:
    """Have an act taken back: one that waits is dropped, one that was done is undone in billing.
    Gives the act itself, or the one that undoes it. SpecError if neither can be."""
    row = models.Act.objects.select_for_update().filter(pk=number, undoes=None).first()
    undone = models.Act.objects.filter(undoes=number).exists()
    if row is None or row.state not in (WAITING, DONE) or undone:
        raise SpecError(
            "billing",
            f"act {number}",
            "cannot be taken back",
            "only what waits or was done can, once",
        )
    if row.state == DONE:
        return _plain(_undo(row, by, now))
    if not leases.is_free(row.lease_until, now, lease()):
        raise SpecError("billing", f"act {number}", "is being carried out", "try again in a minute")
    row.state, row.detail, row.done_at = DROPPED, why, now
    row.save(update_fields=["state", "detail", "done_at"])
    return _plain(row)


def _undo(row: models.Act, by: str, now: datetime) -> models.Act:
    return models.Act.objects.create(
        key=f"{_sent_key(row)}:undo"[:300],
        program=row.program,
        subject=row.subject,
        undoes=row,
        account_id=row.account_id,
        subscription_id=row.subscription_id,
        invoice_id=row.invoice_id,
        what=row.what,
        terms=row.terms,
        asked_at=now,
        due_at=now,
        by=by[:254],
    )


def drop(why: str, now: datetime, *conditions: Q, **match: Any) -> int:
    """Drop what still waits of the acts that match, in the caller's transaction; gives how many.
    One that is being asked for right now may have been done: what became of it is written down."""
    rows = models.Act.objects.filter(leases.free(now, lease()), *conditions, **match)
    waiting = rows.filter(state=WAITING)
    return waiting.update(state=DROPPED, detail=why[:2000], done_at=now)


# -- asking ---------------------------------------------------------------------------------------


def due(now: datetime) -> list[int]:
    """Acts to be asked for now. Those of a subscription (or an invoice) are done one after the
    other, as handed in."""
    rows = models.Act.objects.filter(leases.free(now, lease()), state=WAITING, due_at__lte=now)
    found: dict[tuple[str, str, str], int] = {}
    for pk, *lane in rows.order_by("pk").values_list("pk", *_LANE):
        found.setdefault((lane[0], lane[1], lane[2]), pk)
        if len(found) >= settings()["chunk"]:
            break
    return list(found.values())


_LANE = ("account_id", "subscription_id", "invoice_id")


def carry_out(clock: Clock, ending: Callable[[], bool] = lambda: False) -> int:
    """Ask for what is due; gives how many acts came to an end. ``ending`` is asked before each:
    once true, the rest is left to another worker."""
    done = 0
    for number in due(clock()):
        if ending():
            break
        done += run(number, clock())
    return done


def run_for(program: str, subject: str, now: datetime) -> int:
    """Ask for what is due about one subject at once, so that whoever waits sees the result; gives
    how many came to an end. What cannot be done now waits."""
    rows = models.Act.objects.filter(program=program, subject=subject, state=WAITING)
    numbers = list(rows.filter(due_at__lte=now).order_by("pk").values_list("pk", flat=True))
    return sum(run(number, now) for number in numbers)


def run(number: int, now: datetime) -> bool:
    """Try one act; True if it came to an end."""
    claimed = _claim(number, now)
    if claimed is None:
        return False
    act, system = claimed.act, billing(_programs[claimed.act.program].provider())
    try:
        outcome = acts.perform(system, act, now)
    except Rejected as no:
        return _settle(claimed, str(no), now)
    except SpecError as no:
        return _settle(claimed, f"{no.key}: {no.problem}", now)
    except Unavailable as gone:
        return _wait(claimed, str(gone) or "billing cannot be reached", now)
    except Exception as fault:
        log.exception("%s could not be done; trying again", act.key)
        return _wait(claimed, f"{type(fault).__name__}: {fault}", now)
    return _settle(claimed, outcome, now)


@dataclass(frozen=True)
class _Claim:
    """An act that this process is at: ``owner`` names this one try."""

    act: Act
    round: int
    owner: str

    def rows(self) -> QuerySet[models.Act]:
        """The act, while nobody has written down what became of this round of it."""
        return models.Act.objects.filter(pk=self.act.id, state=WAITING, round=self.round)


@transaction.atomic
def _claim(number: int, now: datetime) -> _Claim | None:
    row = models.Act.objects.select_for_update().filter(pk=number, state=WAITING).first()
    if row is None or not leases.is_free(row.lease_until, now, lease()):
        return None
    lane = {name: getattr(row, name) for name in _LANE}
    before = models.Act.objects.filter(**lane, state=WAITING, pk__lt=row.pk)
    if before.exclude(UNTRIED_PLAN).exists():
        return None
    if why := _programs[row.program].outdated(_plain(row), now):
        drop(why, now, pk=row.pk)
        return None
    row.lease_owner, row.lease_until, row.tries = secrets.token_hex(8), now + lease(), row.tries + 1
    row.save(update_fields=["lease_owner", "lease_until", "tries"])
    return _Claim(_plain(row), row.round, row.lease_owner)


@transaction.atomic
def _settle(claim: _Claim, answer: Outcome | str, now: datetime) -> bool:
    """Write an answer down (a text is a refusal), whoever is at the act by now: it is one."""
    said = answer if isinstance(answer, str) else answer.detail or answer.what
    state = REFUSED if isinstance(answer, str) else DONE
    changes: dict[str, Any] = {"detail": said, "done_at": now, "lease_until": None}
    if not claim.rows().update(state=state, lease_owner="", **changes):
        return False
    act = get(claim.act.id)
    assert act is not None
    program = _programs[act.program]
    if isinstance(answer, str):
        program.refused(act, answer, now)
        return True
    if act.undoes is not None:
        models.Act.objects.filter(pk=act.undoes).update(state=UNDONE)
    program.done(act, answer, now)
    return True


@transaction.atomic
def _wait(claim: _Claim, why: str, now: datetime) -> bool:
    again = now + retry_after(claim.act.tries)
    mine = claim.rows().filter(lease_owner=claim.owner)
    if mine.update(detail=why[:2000], due_at=again, lease_owner="", lease_until=None):
        act = get(claim.act.id)
        assert act is not None
        _programs[act.program].waits(act, why, now)
    return False


# -- reading --------------------------------------------------------------------------------------


def find(*conditions: Q, most: int | None = None, **match: Any) -> list[Act]:
    """The acts that match (columns of the table), oldest first."""
    rows = models.Act.objects.filter(*conditions, **match).select_related("undoes")
    return [_plain(row) for row in rows.order_by("pk")[:most]]


def get(number: int) -> Act | None:
    """One act; None if there is none."""
    row = models.Act.objects.select_related("undoes").filter(pk=number).first()
    return _plain(row) if row else None


def _sent_key(row: models.Act) -> str:
    return row.key if row.round == 1 else f"{row.key}#{row.round}"


def _plain(row: models.Act) -> Act:
    return Act(
        row.pk,
        _sent_key(row),
        row.program,
        row.subject,
        row.account_id,
        row.subscription_id,
        row.invoice_id,
        row.what,
        row.terms,
        row.state,
        row.planned,
        row.asked_at,
        row.due_at,
        row.tries,
        row.done_at,
        row.detail,
        row.by,
        row.undoes_id,
        _sent_key(row.undoes) if row.undoes else "",
    )
