"""What is done in cases: by the clock, and by people.

What moves money or ends a subscription is handed to the outbox of billing in the transaction that
decides it, and asked for outside of any; what became of it is written down by ``Hears``.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from tenure.analytics.errors import SpecError
from tenure.connectors.billing import outbox
from tenure.connectors.billing.acts import Act, Request
from tenure.connectors.billing.contract import Outcome
from tenure.core import audit
from tenure.programs.dunning import cases, documents, ledger, mails, workflow
from tenure.programs.dunning.models import ALIVE, CANCELLED, GRACE, Case, Step
from tenure.programs.dunning.settings import Settings

PROGRAM = "dunning"
CHUNK = 200
LATER = timedelta(minutes=15)
"""When somebody who could not be written to is tried again."""
IN_BILLING = ("retry", "cancel")
"""Steps of the course that the billing system does."""


def advance(now: datetime) -> int:
    """Do what is due, a step a case; gives how many steps were done. Nothing while switched off."""
    numbers = documents.current()
    if not numbers.running.on:
        return 0
    due = waiting(now).order_by("next_at")[:CHUNK]
    return sum(_advance(pk, numbers, now) for pk in list(due.values_list("pk", flat=True)))


def waiting(now: datetime) -> QuerySet[Case]:
    """Cases with something due."""
    return Case.objects.filter(state__in=ALIVE, next_at__lte=now)


def _advance(pk: int, numbers: Settings, now: datetime) -> int:
    case, done, asked = _begin(pk, numbers, now)
    return outbox.run_for(PROGRAM, case.invoice_id, now) if asked else done


@transaction.atomic
def _begin(pk: int, numbers: Settings, now: datetime) -> tuple[Case, int, bool]:
    """Do what is done here; hand in what the billing system does. Gives the case, how many steps
    were done, and whether billing is to be asked."""
    case = Case.objects.select_for_update().get(pk=pk)
    found = ledger.invoices([case.invoice_id], now)
    if case.state not in ALIVE or not found:
        return case, 0, False
    invoice = found[0]
    if invoice.settled_at or invoice.voided_at:
        cases.refresh([case.invoice_id], now)
        return case, 0, False
    card, _ = cases.card_of(case, invoice, numbers, now)
    coming = workflow.plan(cases.standing(case, now), card, numbers, now)[0]
    done = coming.at is not None and coming.at <= now
    if done and coming.what in IN_BILLING:
        _keep_plan(case, coming)
        return case, 0, _ask(case, coming, numbers, now)
    if done and not _do(case, coming, numbers, now):
        case.next_at = now + LATER
        case.save(update_fields=["next_at"])
        return case, 0, False
    cases.look_ahead(case, invoice, numbers, now)
    return case, int(done), False


def _keep_plan(case: Case, coming: workflow.Next) -> None:
    case.next_what, case.next_at = coming.what, coming.at
    case.save(update_fields=["next_what", "next_at"])


def _ask(case: Case, step: workflow.Next, numbers: Settings, now: datetime) -> bool:
    """Hand in what the billing system is to do; False if there is nothing to be done there."""
    number = f"retry:{case.steps.filter(what='retry').count() + 1}"
    key = f"dunning:{case.invoice_id}:{number if step.what == 'retry' else step.what}"
    terms: dict[str, object] = {"why": step.why}
    if step.what == "cancel":
        if not case.subscription_id:
            _ended(case, step.why, key, now)
            return False
        terms |= {
            "at_period_end": numbers.course.at_period_end,
            "reason": "involuntary",
            "unless_settled": case.invoice_id,
        }
    request = Request(
        key,
        PROGRAM,
        case.invoice_id,
        case.account_id,
        step.what,
        terms,
        subscription_id=case.subscription_id if step.what == "cancel" else "",
        invoice_id=case.invoice_id if step.what == "retry" else "",
    )
    outbox.ask(request, now)
    return True


def _do(case: Case, step: workflow.Next, numbers: Settings, now: datetime) -> bool:
    if step.what.startswith("mail:"):
        return mails.send(case, step.what.removeprefix("mail:"), numbers, now)
    case.state = GRACE
    _note(case, "grace", now, step.why)
    cases.emit(case, "grace_began", now)
    return True


def _ended(case: Case, why: str, key: str, now: datetime) -> None:
    _note(case, "cancel", now, why, key)
    if case.state in ALIVE:
        cases.close(case, CANCELLED, now, now)


class Hears:
    """Dunning, as the outbox of billing knows it. Facts may have changed a case meanwhile."""

    def provider(self) -> str:
        """The billing system of the policy in force."""
        return documents.current().running.provider

    def outdated(self, act: Act, now: datetime) -> str:
        """The plan says something else by now."""
        case = Case.objects.filter(invoice_id=act.subject).first()
        if case is None or case.state not in ALIVE:
            return "the case has ended"
        if not documents.current().running.on:
            return "dunning is switched off"
        if case.next_what != act.what or case.next_at is None or case.next_at > now:
            return f"the plan has changed: {case.next_why}"
        return ""

    def done(self, act: Act, outcome: Outcome, now: datetime) -> None:
        """The step is noted, and what comes next."""
        case, why = _locked(act), str(act.terms.get("why", ""))
        if act.what == "cancel":
            _ended(case, why, act.key, now)
            return
        _note(case, "retry", now, f"{why}: {outcome.what}", act.key)
        cases.emit(case, "retry_due", now, key=act.key, outcome=outcome.what)
        _look_ahead(case, now)

    def refused(self, act: Act, why: str, now: datetime) -> None:
        """Nothing more happens by itself: a colleague has to look."""
        case = _locked(act)
        if case.state in ALIVE:
            case.taken_by = audit.SYSTEM
            _note(case, "stuck", now, f"the billing system said no: {why}")
            _look_ahead(case, now)

    def waits(self, act: Act, why: str, now: datetime) -> None:  # noqa: ARG002
        """The case says so."""
        case = _locked(act)
        if case.state in ALIVE:
            case.next_what, case.next_at, case.next_why = act.what, act.due_at, why[:2000]
            case.save(update_fields=["next_what", "next_at", "next_why"])


def _locked(act: Act) -> Case:
    return Case.objects.select_for_update().get(invoice_id=act.subject)


def _look_ahead(case: Case, now: datetime) -> None:
    if case.state in ALIVE:
        numbers = documents.current()
        for invoice in ledger.invoices([case.invoice_id], now):
            cases.look_ahead(case, invoice, numbers, now)


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
        by,
        "dunning.taken_over",
        "dunning",
        invoice_id,
        before,
        {"taken_by": case.taken_by},
        now=now,
    )
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
        raise SpecError(
            "dunning",
            "days",
            f"{days} is not possible",
            f"give 1 to {left} days" if left else "the case has all the days that policy allows",
        )
    if not why.strip():
        raise SpecError("dunning", "why", "is empty", "say why they get more time")
    before = {"extended_days": case.extended_days}
    case.extended_days += days
    case.save(update_fields=["extended_days"])
    _note(case, "extended", now, f"{days} days more: {why.strip()}")
    audit.record(
        by,
        "dunning.extended",
        "dunning",
        invoice_id,
        before,
        {"extended_days": case.extended_days},
        why.strip(),
        now=now,
    )
    cases.refresh([invoice_id], now)
    case.refresh_from_db()
    return case


def _alive(invoice_id: str) -> Case:
    case = Case.objects.select_for_update().filter(invoice_id=invoice_id).first()
    if case is None or case.state not in ALIVE:
        raise SpecError("dunning", invoice_id, "has no open case", "see: tenure dunning list")
    return case
