"""What an accepted offer and a cancellation ask of others: billing, a colleague, the product.

Everything is written down in the transaction of the answer; the outbox does it in billing.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q

from tenure.accounts.models import Account
from tenure.channels.drafts import Draft, submit
from tenure.connectors.billing import outbox
from tenure.connectors.billing.acts import Act, Request
from tenure.core.models import User
from tenure.programs.cancel import ledger
from tenure.programs.cancel.facts import emit
from tenure.programs.cancel.models import Offered, Visit
from tenure.programs.cancel.offers import registry
from tenure.programs.cancel.offers.base import Offer, Terms
from tenure.programs.cancel.settings import Settings

PROGRAM = "cancel"


def terms_of(offered: Offered) -> Terms:
    """The terms of an offer as it was shown."""
    return Terms(offered.percent, offered.months, offered.plan_id, offered.bill_at)


def take(visit: Visit, offered: Offered, months: int, numbers: Settings, now: datetime) -> None:
    """Have an accepted offer carried out, on the terms that were shown."""
    kind, offer = registry.KINDS[offered.kind], numbers.offer(offered.name)
    taken = kind.taken(terms_of(offered), months, visit.plan_id, now)
    if taken.until is not None:
        offered.months, offered.until = taken.months or offered.months, taken.until
        offered.save(update_fields=["months", "until"])
    for todo in taken.acts:
        of = {"of": _key(visit, todo.ends)} if todo.ends else {}
        _ask(visit, todo.what, {**todo.terms, **of}, now, todo.due_at)
    for what, told in taken.facts:
        emit(visit, what, now, **told)
    if offer is not None and (taken.colleague or offer.colleague):
        _tell_a_colleague(visit, offer, now)


def cancel(visit: Visit, running: ledger.Subscription, numbers: Settings, now: datetime) -> None:
    """Have the subscription ended. What still waits to be done for it makes no sense any more."""
    outbox.drop(
        "the customer cancelled instead",
        now,
        ~Q(what="cancel", undoes=None),
        program=PROGRAM,
        account_id=visit.account_id,
        subscription_id=visit.subscription_id,
    )
    at_end = numbers.running.at_period_end
    renews = running.renews_at
    visit.last_day = renews if at_end and renews and renews > now else now
    _ask(visit, "cancel", {"at_period_end": at_end}, now)


def _ask(
    visit: Visit, what: str, terms: dict[str, object], now: datetime, due: datetime | None = None
) -> None:
    request = Request(
        _key(visit, what),
        PROGRAM,
        str(visit.pk),
        visit.account_id,
        what,
        terms,
        subscription_id=visit.subscription_id,
        due_at=due,
    )
    outbox.ask(request, now)


def _key(visit: Visit, what: str) -> str:
    return f"cancel:{visit.code[:24]}:{what}"


def _tell_a_colleague(visit: Visit, offer: Offer, now: datetime) -> None:
    """By a fact (a play can make a task of it) and by mail: to the owner, else whoever leads."""
    emit(visit, "help_wanted", now, offer=offer.name, hours=offer.hours, urgent=offer.urgent)
    to = owner_mail(visit.account_id)
    if to:
        submit([_mail(visit, offer, to, now)], now=now)


def owner_mail(account_id: str) -> str:
    """The account's owner; else a colleague who leads, else an admin; empty if there is nobody."""
    account = Account.objects.select_related("owner").filter(pk=account_id).first()
    if account is not None and account.owner is not None and account.owner.is_active:
        return account.owner.email
    rank = {"cs_lead": 0, "admin": 1}
    rows = User.objects.filter(is_active=True, role__in=rank).order_by("pk")
    found = min(rows, key=lambda u: rank[u.role], default=None)
    return found.email if found else ""


def _mail(visit: Visit, offer: Offer, to: str, now: datetime) -> Draft:
    account = Account.objects.filter(pk=visit.account_id).first()
    name = account.name if account else visit.account_id
    lines = [
        f"{name} came to cancel, and took “{next(iter(offer.title.values()))}”.",
        f"They were told that somebody gets in touch within {offer.hours} hours.",
        f"Reason: {visit.reason or 'not said'}. What they wrote is on the page of the visit.",
        f"{settings.PUBLIC_URL}/cancel-flow/visits/{visit.pk}/",
    ]
    return Draft(
        f"cancel:{visit.code[:24]}:help",
        "mail",
        "service",
        to,
        {"subject": f"{name} wants to hear from you", "text": "\n\n".join(lines)},
        due_at=now,
        source=f"cancel:{visit.pk}",
        account_id=visit.account_id,
        urgent=offer.urgent,
    )


def tell_refused(visit: Visit, act: Act, why: str, now: datetime) -> None:
    """A customer was promised what billing refuses: the owner hears of it by mail."""
    to = owner_mail(visit.account_id)
    if not to:
        return
    account = Account.objects.filter(pk=visit.account_id).first()
    name = account.name if account else visit.account_id
    lines = [
        f"{name} went through the cancel flow, and billing refuses what they were told: {why}",
        "See to it in billing, then try it again here. Until then it stands under Waiting.",
        f"{settings.PUBLIC_URL}/cancel-flow/visits/{visit.pk}/",
    ]
    content = {"subject": f"Billing refused: {act.what} for {name}", "text": "\n\n".join(lines)}
    draft = Draft(
        f"{act.key}:refused"[:200],
        "mail",
        "service",
        to,
        content,
        due_at=now,
        source=f"cancel:{visit.pk}",
        account_id=visit.account_id,
        urgent=True,
    )
    submit([draft], now=now)
