"""What is done in cases: by the clock, and by people.

What moves money or ends a subscription is claimed in one transaction, asked of the billing system
outside of any, and written down in another: nobody waits for a foreign server with a lock in hand.
A process killed in between leaves a lease that runs out; the billing system is then asked again
under the same key, which it knows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Outcome, Refused, Subscription, Unavailable, billing
from tenure.core import audit
from tenure.programs.dunning import cases, course, documents, ledger, mails
from tenure.programs.dunning.models import ALIVE, CANCELLED, GRACE, Case, Step
from tenure.programs.dunning.numbers import Numbers

log = logging.getLogger("tenure.dunning")
CHUNK = 200
LATER = timedelta(minutes=15)
"""When a billing system that cannot be reached is asked again, with the same key."""
LEASE = timedelta(minutes=3)
"""Longer than any call of a billing system takes."""


def advance(now: datetime) -> int:
    """Do what is due, a step a case; gives how many steps were done. Nothing while switched off."""
    numbers = documents.current()
    if not numbers.running.on:
        return 0
    due = waiting(now).order_by("next_at")[:CHUNK]
    return sum(_advance(pk, numbers, now) for pk in list(due.values_list("pk", flat=True)))


def waiting(now: datetime) -> QuerySet[Case]:
    """Cases with something due that nobody is at."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Case.objects.filter(free, state__in=ALIVE, next_at__lte=now)


@dataclass(frozen=True)
class Asked:
    """What is asked of the billing system, under which key, and why."""

    what: str
    key: str
    why: str


def _advance(pk: int, numbers: Numbers, now: datetime) -> int:
    case, done, asked = _begin(pk, numbers, now)
    if asked is None:
        return done
    try:
        outcome = _ask(case, asked, numbers, now)
    except Unavailable as gone:
        return _wait(pk, str(gone) or "billing cannot be reached", now)
    except (Refused, SpecError) as no:
        return _refused(pk, str(no), now)
    except Exception as fault:
        log.exception("%s could not be done; trying again", asked.key)
        return _wait(pk, f"{type(fault).__name__}: {fault}", now)
    if outcome is None:
        name = numbers.running.provider
        return _wait(pk, f"{name} says it is settled: waiting for the fact that tells it", now)
    return _settle(pk, asked, outcome, numbers, now)


@transaction.atomic
def _begin(pk: int, numbers: Numbers, now: datetime) -> tuple[Case, int, Asked | None]:
    """Do what is done here; claim the case for what has to be asked of the billing system."""
    case = Case.objects.select_for_update().get(pk=pk)
    found = ledger.invoices([case.invoice_id], now)
    leased = case.lease_until is not None and case.lease_until >= now
    if case.state not in ALIVE or not found or leased:
        return case, 0, None
    invoice = found[0]
    if invoice.settled_at or invoice.voided_at:
        cases.refresh([case.invoice_id], now)
        return case, 0, None
    card, _ = cases.card_of(case, invoice, numbers, now)
    coming = course.plan(cases.standing(case), card, numbers, now)[0]
    done = coming.at is not None and coming.at <= now
    if done and coming.what in ("retry", "cancel"):
        case.lease_until = now + LEASE
        case.save(update_fields=["lease_until"])
        return case, 0, Asked(coming.what, _key(case, coming.what), coming.why)
    if done and not _do(case, coming, numbers, now):
        case.next_at = now + LATER
        case.save(update_fields=["next_at"])
        return case, 0, None
    cases.look_ahead(case, invoice, numbers, now)
    return case, int(done), None


def _key(case: Case, what: str) -> str:
    if what == "cancel":
        return f"dunning:{case.invoice_id}:cancel"
    return f"dunning:{case.invoice_id}:retry:{case.steps.filter(what='retry').count() + 1}"


def _do(case: Case, step: course.Next, numbers: Numbers, now: datetime) -> bool:
    if step.what.startswith("mail:"):
        return mails.send(case, step.what.removeprefix("mail:"), numbers, now)
    case.state = GRACE
    _note(case, "grace", now, step.why)
    cases.tell(case, "grace_began", now)
    return True


def _ask(case: Case, asked: Asked, numbers: Numbers, now: datetime) -> Outcome | None:
    """The billing system's answer; None where a subscription was to be ended and is paid for after
    all, which no fact has told yet."""
    system = billing(numbers.running.provider)
    if asked.what == "retry":
        return system.retry_invoice(case.invoice_id, key=asked.key, now=now)
    if system.is_settled(case.invoice_id):
        return None
    if not case.subscription_id:
        return Outcome("done", now)
    return system.cancel(
        Subscription(case.subscription_id, case.account_id),
        at_period_end=numbers.course.at_period_end, reason="involuntary", key=asked.key, now=now,
    )  # fmt: skip


@transaction.atomic
def _settle(pk: int, asked: Asked, outcome: Outcome, numbers: Numbers, now: datetime) -> int:
    """Write down what the billing system did; facts may have changed the case meanwhile."""
    case = _claimed(pk)
    if asked.what == "retry":
        _note(case, "retry", now, f"{asked.why}: {outcome.what}", asked.key)
        cases.tell(case, "retry_due", now, key=asked.key, outcome=outcome.what)
    else:
        _note(case, "cancel", now, asked.why, asked.key)
    if case.state not in ALIVE:
        return 1
    if asked.what == "cancel":
        cases.close(case, CANCELLED, now, now)
    else:
        for invoice in ledger.invoices([case.invoice_id], now):
            cases.look_ahead(case, invoice, numbers, now)
    return 1


@transaction.atomic
def _wait(pk: int, why: str, now: datetime) -> int:
    case = _claimed(pk)
    if case.state in ALIVE:
        case.next_at, case.next_why = now + LATER, why[:2000]
        case.save(update_fields=["next_at", "next_why"])
    return 0


@transaction.atomic
def _refused(pk: int, why: str, now: datetime) -> int:
    case = _claimed(pk)
    if case.state not in ALIVE:
        return 0
    case.taken_by = audit.SYSTEM
    _note(case, "stuck", now, f"the billing system said no: {why}")
    numbers = documents.current()
    for invoice in ledger.invoices([case.invoice_id], now):
        cases.look_ahead(case, invoice, numbers, now)
    return 1


def _claimed(pk: int) -> Case:
    case = Case.objects.select_for_update().get(pk=pk)
    case.lease_until = None
    case.save(update_fields=["lease_until"])
    return case


def _note(case: Case, what: str, now: datetime, detail: str, key: str = "") -> None:
    key = key or f"dunning:{case.invoice_id}:{what}:{now.isoformat()}"
    Step.objects.get_or_create(
        key=key[:300], defaults={"case": case, "what": what, "at": now, "detail": detail}
    )


@transaction.atomic
def take_over(invoice_id: str, by: object, *, now: datetime) -> Case:
    """A colleague sees to it from here: nothing goes out or is charged by itself."""
    case = _alive(invoice_id)
    before = {"taken_by": case.taken_by}
    case.taken_by = audit.actor_name(by)[:254]
    case.next_what, case.next_at, case.next_why = "person", None, "a colleague has taken it over"
    case.save()
    audit.record(
        by, "dunning.taken_over", "dunning", invoice_id, before, {"taken_by": case.taken_by},
        now=now,
    )  # fmt: skip
    return case


@transaction.atomic
def hand_back(invoice_id: str, by: object, *, now: datetime) -> Case:
    """The course goes on where it would be by now."""
    case = _alive(invoice_id)
    before, case.taken_by = {"taken_by": case.taken_by}, ""
    case.save(update_fields=["taken_by"])
    audit.record(by, "dunning.handed_back", "dunning", invoice_id, before, None, now=now)
    cases.refresh([invoice_id], now)
    case.refresh_from_db()
    return case


@transaction.atomic
def extend(invoice_id: str, days: int, why: str, by: object, *, now: datetime) -> Case:
    """Give a customer so many days more before grace and the end; mails go as they would."""
    case, most = _alive(invoice_id), documents.current().course.extend_most_days
    left = most - case.extended_days
    if not 1 <= days <= left:
        raise SpecError("dunning", "days", f"{days} is not possible", f"give 1 to {left} days"
                        if left else "the case has all the days that policy allows")  # fmt: skip
    if not why.strip():
        raise SpecError("dunning", "why", "is empty", "say why they get more time")
    before = {"extended_days": case.extended_days}
    case.extended_days += days
    case.save(update_fields=["extended_days"])
    _note(case, "extended", now, f"{days} days more: {why.strip()}")
    audit.record(
        by, "dunning.extended", "dunning", invoice_id, before,
        {"extended_days": case.extended_days}, why.strip(), now=now,
    )  # fmt: skip
    cases.refresh([invoice_id], now)
    case.refresh_from_db()
    return case


def _alive(invoice_id: str) -> Case:
    case = Case.objects.select_for_update().filter(invoice_id=invoice_id).first()
    if case is None or case.state not in ALIVE:
        raise SpecError("dunning", invoice_id, "has no open case", "see: tenure dunning list")
    return case
