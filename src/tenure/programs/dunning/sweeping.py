"""Cases compared with the ledger: what was missed is opened, closed, or looked at again."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta

from tenure.analytics.moments import micros
from tenure.facts import reading
from tenure.facts.healing import SweepScope
from tenure.programs.dunning import cases, documents, ledger, mails, workflow
from tenure.programs.dunning.models import ALIVE, Case, Step
from tenure.programs.dunning.settings import Settings


def sweep(ask: SweepScope) -> int:
    """How many cases are missing, should be closed, or stand on what is not so any more."""
    numbers, now = documents.current(), ask.now
    known = {c.invoice_id: c for c in Case.objects.filter(state__in=ALIVE)}
    ids = {*known, *_declined(now, numbers)}
    over = Case.objects.filter(invoice_id__in=ids).exclude(state__in=ALIVE)
    ids -= set(over.values_list("invoice_id", flat=True))
    unwritten = _unwritten(list(known.values()), now)
    wrong = [
        invoice.invoice_id
        for invoice in ledger.invoices(sorted(ids), now)
        if _differs(invoice, known.get(invoice.invoice_id), unwritten, numbers, now)
    ]
    if ask.heal:
        cases.refresh(wrong, now)
    return len(wrong)


def _declined(now: datetime, numbers: Settings) -> list[str]:
    """Invoices for which a payment failed lately."""
    since = now - timedelta(days=numbers.running.first_seen_days)
    query = (
        "SELECT DISTINCT invoice_id FROM payments WHERE status = 'failed'"
        f" AND invoice_id IS NOT NULL AND attempted_at >= {micros(since)}"
    )
    found = reading.latest(query, now, "payments", since=since)
    return list(found["invoice_id"].to_pylist())


def _unwritten(alive: list[Case], now: datetime) -> set[str]:
    """Cases in which nobody was written to, nothing is about to be, and somebody could."""
    sent = Step.objects.filter(case__in=alive, what__startswith="mail:")
    written = set(sent.values_list("case__invoice_id", flat=True))
    quiet = [
        c
        for c in alive
        if not c.taken_by
        and c.invoice_id not in written
        and not c.next_what.startswith("mail:")
        and (c.next_at is None or c.next_at > now)
    ]
    reachable = mails.addressees(c.account_id for c in quiet)
    return {c.invoice_id for c in quiet if c.account_id in reachable}


def _differs(
    invoice: ledger.Invoice,
    case: Case | None,
    unwritten: Container[str],
    numbers: Settings,
    now: datetime,
) -> bool:
    if case is None:
        return cases.opens(invoice, numbers, now)
    if invoice.settled_at or invoice.voided_at:
        return True
    if (case.amount_minor, case.tries) != (invoice.amount_minor, len(invoice.attempts)):
        return True
    if invoice.invoice_id not in unwritten:
        return False
    card, _ = cases.card_of(case, invoice, numbers, now)
    coming = workflow.plan(cases.standing(case, now), card, numbers, now)[0]
    return bool(coming.what != case.next_what)
