"""What is done in cases: by the clock, and by people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Refused, Subscription, Unavailable, billing
from tenure.core import audit
from tenure.programs.dunning import cases, course, documents, ledger, mails
from tenure.programs.dunning.models import ALIVE, CANCELLED, GRACE, Case, Step
from tenure.programs.dunning.numbers import Numbers

CHUNK = 200
LATER = timedelta(minutes=15)
"""When a billing system that cannot be reached is asked again, with the same key."""


def advance(now: datetime) -> int:
    """Do what is due, a step a case; gives how many steps were done. Nothing while switched off."""
    numbers = documents.current()
    if not numbers.running.on:
        return 0
    due = Case.objects.filter(state__in=ALIVE, next_at__lte=now).order_by("next_at")[:CHUNK]
    return sum(_advance(pk, numbers, now) for pk in list(due.values_list("pk", flat=True)))


@transaction.atomic
def _advance(pk: int, numbers: Numbers, now: datetime) -> int:
    case = Case.objects.select_for_update().get(pk=pk)
    found = ledger.invoices([case.invoice_id], now)
    if case.state not in ALIVE or not found:
        return 0
    invoice = found[0]
    if invoice.settled_at or invoice.voided_at:
        cases.refresh([case.invoice_id], now)
        return 0
    card, _ = cases.card_of(case, invoice, numbers, now)
    coming = course.plan(cases.standing(case), card, numbers, now)[0]
    done = coming.at is not None and coming.at <= now
    if done and not _do(case, coming, numbers, now):
        case.next_at = now + LATER
        case.save(update_fields=["next_at"])
        return 0
    if case.state in ALIVE:
        cases.look_ahead(case, invoice, numbers, now)
    return int(done)


def _do(case: Case, step: course.Next, numbers: Numbers, now: datetime) -> bool:
    if step.what.startswith("mail:"):
        return mails.send(case, step.what.removeprefix("mail:"), numbers, now)
    if step.what == "grace":
        case.state = GRACE
        _note(case, "grace", now, step.why)
        cases.tell(case, "grace_began", now)
        return True
    system = billing(numbers.running.provider)
    try:
        if step.what == "retry":
            key = f"dunning:{case.invoice_id}:retry:{case.steps.filter(what='retry').count() + 1}"
            outcome = system.retry_invoice(case.invoice_id, key=key, now=now)
            _note(case, "retry", now, f"{step.why}: {outcome.what}", key)
            cases.tell(case, "retry_due", now, key=key, outcome=outcome.what)
            return True
        return _cancel(case, numbers, now)
    except Unavailable:
        return False
    except (Refused, SpecError) as no:
        _hand_to_a_person(case, str(no), now)
        return True


def _cancel(case: Case, numbers: Numbers, now: datetime) -> bool:
    key = f"dunning:{case.invoice_id}:cancel"
    if case.subscription_id:
        billing(numbers.running.provider).cancel(
            Subscription(case.subscription_id, case.account_id),
            at_period_end=numbers.course.at_period_end, reason="involuntary", key=key, now=now,
        )  # fmt: skip
    _note(case, "cancel", now, "unpaid to the end of the course", key)
    cases.close(case, CANCELLED, now, now)
    return True


def _hand_to_a_person(case: Case, why: str, now: datetime) -> None:
    case.taken_by = audit.SYSTEM
    _note(case, "stuck", now, f"the billing system said no: {why}")


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
