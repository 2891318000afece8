"""Cases opened, kept in step with the ledger, and closed the moment the money is there.

A case's state is made anew from what the ledger says of its invoice: the order in which facts came
does not matter, and a payment from any side ends the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction

from tenure.channels import drafts
from tenure.facts import reading
from tenure.facts.inbox import OwnFact, record_own
from tenure.programs.dunning import documents, ledger, lessons, mails, pre_dunning_mails, workflow
from tenure.programs.dunning.declines import Decline, understand
from tenure.programs.dunning.models import ALIVE, GRACE, RECOVERED, VOID, Case
from tenure.programs.dunning.pre_dunning import Card, Month, charged
from tenure.programs.dunning.schedule import Decision, Situation, Tried, decide
from tenure.programs.dunning.settings import Settings

JOIN = timedelta(days=2)
"""A result told within so long after a retry was asked for is the result of that retry."""


def on_billing_facts(rows: pa.Table, now: datetime) -> None:
    """Facts about invoices or payments came."""
    refresh(rows["invoice_id"].drop_null().unique().to_pylist(), now)


def card_told(rows: pa.Table, now: datetime) -> None:
    """Facts about cards came: a new one may be what open cases wait for."""
    _refresh_of(rows, now)


def person_told(rows: pa.Table, now: datetime) -> None:
    """Facts about people came: one of them may be who is to be written to."""
    _refresh_of(rows, now)


def subscription_told(rows: pa.Table, now: datetime) -> None:
    """Facts about subscriptions came: a customer may have left, or come back."""
    _refresh_of(rows, now)


def _refresh_of(rows: pa.Table, now: datetime) -> None:
    accounts = rows["account_id"].drop_null().unique().to_pylist()
    open_ = Case.objects.filter(account_id__in=accounts, state__in=ALIVE)
    refresh(list(open_.values_list("invoice_id", flat=True)), now)


def refresh(ids: Sequence[str], now: datetime) -> None:
    """Bring the cases of these invoices in step with the ledger."""
    numbers = documents.current()

    def look() -> None:
        for invoice in ledger.invoices(ids, now):
            with transaction.atomic():
                _refresh(invoice, numbers, now)

    if ids:
        reading.until_settled(look, "invoices", "payments", "cards", "subscriptions")


def _refresh(invoice: ledger.Invoice, numbers: Settings, now: datetime) -> None:
    case = Case.objects.select_for_update().filter(invoice_id=invoice.invoice_id).first()
    failed = [a for a in invoice.attempts if not a.succeeded]
    if case is None:
        case = _opened(invoice, failed, numbers, now)
    if case is None or case.state not in ALIVE:
        return
    case.amount_minor, case.tries = invoice.amount_minor, len(invoice.attempts)
    if invoice.settled_at is not None:
        close(case, RECOVERED, invoice.settled_at, now)
    elif invoice.voided_at is not None:
        close(case, VOID, invoice.voided_at, now)
    else:
        look_ahead(case, invoice, numbers, now)


def opens(invoice: ledger.Invoice, numbers: Settings, now: datetime) -> bool:
    """Whether a case begins with this invoice: a payment failed lately, and it is still owed."""
    failed = [a for a in invoice.attempts if not a.succeeded]
    fresh = timedelta(days=numbers.running.first_seen_days)
    return bool(
        failed and not invoice.settled_at and not invoice.voided_at and now - failed[0].at <= fresh
    )


def _opened(
    invoice: ledger.Invoice, failed: Sequence[ledger.Attempt], numbers: Settings, now: datetime
) -> Case | None:
    if not opens(invoice, numbers, now):
        return None
    first = failed[0]
    kind = understand(documents.table(), first.code, first.advice, first.network_code).kind
    case = Case.objects.create(
        invoice_id=invoice.invoice_id,
        account_id=invoice.account_id,
        subscription_id=invoice.subscription_id,
        amount_minor=invoice.amount_minor,
        currency=invoice.currency,
        opened_at=first.at,
        kind=kind,
        code=first.code,
    )
    emit(case, "opened", now, kind=kind, code=first.code)
    return case


def close(case: Case, state: str, at: datetime, now: datetime) -> None:
    """End a case: what has not gone out yet does not go out."""
    case.state, case.closed_at = state, at
    case.next_what, case.next_at, case.next_why = "", None, ""
    case.save()
    for left in (False, True):
        drafts.cancel(mails.source(case, left), now=now)
    if state == RECOVERED and documents.current().running.on:
        mails.thank(case, documents.current(), now, left=whereabouts(case, now) == "left")
    emit(case, state, now)


def look_ahead(case: Case, invoice: ledger.Invoice, numbers: Settings, now: datetime) -> None:
    """Write down what comes next and why."""
    card, latest = card_of(case, invoice, numbers, now)
    if latest is not None:
        case.code = latest.code
    here = standing(case, now)
    if here.left or here.tried:  # what was written to a customer is not sent to one who is none
        drafts.cancel(mails.source(case), now=now)
    coming = workflow.plan(here, card, numbers, now)[0]
    case.next_what, case.next_at, case.next_why = coming.what, coming.at, coming.why
    case.save()


def card_of(
    case: Case, invoice: ledger.Invoice, numbers: Settings, now: datetime
) -> tuple[Decision, ledger.Attempt | None]:
    """What is to be done with the card, and the decline that says so."""
    failed = [a for a in invoice.attempts if not a.succeeded]
    if not failed:
        return Decision("look", "no declined attempt is known"), None
    latest = failed[-1]
    decline = understand(documents.table(), latest.code, latest.advice, latest.network_code)
    held = pre_dunning_mails.cards(now, case.account_id)
    dates = pre_dunning_mails.dates_at(latest.at, case.account_id, now) if held else {}
    new = new_card(held, dates, invoice.attempts, decline)
    card, network = (new.name, new.network) if new else (latest.card, latest.network)
    tried = [Tried(a.at, a.card) for a in invoice.attempts]
    asked = case.steps.filter(what="retry").values_list("at", flat=True)
    tried += [
        Tried(at, card if new and at >= new.since else latest.card)
        for at in asked
        if not any(at <= t.at <= at + JOIN for t in tried)
    ]
    longest = max(timedelta(hours=limit.hours) for limit in numbers.limits)
    others = ledger.elsewhere(card, case.invoice_id, now - longest, now)
    tried += [Tried(at, card, own=False) for at in others]
    here = Situation(
        case.opened_at, decline, tried, card, latest.card, network, mails.zone(case.account_id)
    )
    return decide(here, numbers, now, lessons.learned(numbers, now)), latest


@dataclass(frozen=True)
class NewCard:
    """A card that was not tried yet: its name among attempts, its network, since when."""

    name: str
    network: str
    since: datetime


def new_card(
    cards: Iterable[Card],
    dates: Mapping[str, Month],
    attempts: Sequence[ledger.Attempt],
    decline: Decline,
) -> NewCard | None:
    """The card that would be charged now, if it came after the latest attempt.

    It is known among attempts by its fingerprint, else by its id. The same card with another date
    than it had then (``dates``) is a new one where its date was what the bank declined.
    """
    card = charged(cards)
    latest = max(a.at for a in attempts)
    if card is None or card.told_at is None or card.told_at <= latest:
        return None
    names = {card.fingerprint, card.card_id} - {""}
    tried = {a.card for a in attempts}
    name = card.fingerprint or card.card_id
    network = card.network.lower()
    if names.isdisjoint(tried) and "" not in tried:
        return NewCard(name, network, card.told_at)
    was = dates.get(card.card_id)
    if decline.of_date and was is not None and was != (card.exp_year, card.exp_month):
        return NewCard(f"{name}:{card.exp_year}-{card.exp_month}", network, card.told_at)
    return None


def whereabouts(case: Case, now: datetime) -> ledger.Whereabouts:
    """Whether the customer has left; the end that this very case asks for does not count."""
    ours = case.next_what == "cancel" and case.next_at is not None and case.next_at <= now
    return "here" if ours else ledger.whereabouts(case.account_id, now)


def standing(case: Case, now: datetime) -> workflow.CaseState:
    """Where a case stands at ``now``, for the pure course."""
    sent = {
        what.removeprefix("mail:"): at
        for what, at in case.steps.filter(what__startswith="mail:").values_list("what", "at")
    }
    where = whereabouts(case, now)
    return workflow.CaseState(
        case.opened_at,
        sent,
        mails.addressee(case.account_id) is not None,
        case.state == GRACE,
        bool(case.taken_by),
        case.extended_days,
        where == "left",
        where == "tried",
    )


def emit(case: Case, what: str, now: datetime, **more: str) -> None:
    """A fact about a case, in the current transaction."""
    record_own(
        [
            OwnFact(
                f"dunning_{what}",
                case.account_id,
                now,
                None,
                {
                    "invoice": case.invoice_id,
                    "amount_minor": case.amount_minor,
                    "currency": case.currency,
                    **more,
                },
            )
        ],
        now=now,
    )
