"""What an accepted offer and a cancellation ask of others: billing, a colleague, the product.

Everything is written down in the transaction of the answer; ``carrying`` does it in billing.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from tenure.accounts.models import Account
from tenure.channels.drafts import Draft, submit
from tenure.core.models import User
from tenure.programs.cancel import ledger
from tenure.programs.cancel.facts import tell
from tenure.programs.cancel.models import DROPPED, WAITING, Act, Offered, Visit
from tenure.programs.cancel.numbers import MOST_PAUSE_MONTHS, Numbers, Offer

WHAT = {"discount": "coupon", "pause": "pause", "downgrade": "plan"}
"""Kinds of offers that are carried out in billing, and what they are called there."""
UTC = ZoneInfo("UTC")


def months_on(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last of that month.

    >>> months_on(datetime(2026, 11, 30, tzinfo=UTC), 3).date().isoformat()
    '2027-02-28'
    """
    number = moment.month - 1 + months
    year, month = moment.year + number // 12, number % 12 + 1
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    return moment.replace(year=year, month=month)


def take(visit: Visit, offered: Offered, months: int, numbers: Numbers, now: datetime) -> None:
    """Have an accepted offer carried out, on the terms that were shown."""
    offer = numbers.offer(offered.name)
    if offered.kind == "pause":
        chosen = months if 1 <= months <= offered.months else offered.months
        offered.months = min(chosen, MOST_PAUSE_MONTHS)
        offered.until = months_on(now, offered.months)
        offered.save(update_fields=["months", "until"])
    if offered.kind in WHAT:
        _ask(visit, WHAT[offered.kind], _terms(visit, offered, now), now)
    if offered.kind == "pause" and offered.until:
        # Some billing systems end a pause by themselves; to them it says nothing new.
        _ask(visit, "resume", {}, now, offered.until)
    if offered.kind == "unlock":
        until = months_on(now, offered.months)
        tell(visit, "unlocked", now, plan=offered.plan_id, until=until.isoformat())
    if offer is not None and (offered.kind == "person" or offer.colleague):
        _tell_a_colleague(visit, offer, now)


def _terms(visit: Visit, offered: Offered, now: datetime) -> dict[str, object]:
    if offered.kind == "discount":
        return {"percent": offered.percent, "months": offered.months}
    if offered.kind == "pause":
        return {
            "until": offered.until.isoformat() if offered.until else "",
            "from": now.isoformat(),
        }
    return {"plan_id": offered.plan_id, "from_plan": visit.plan_id}


def cancel(visit: Visit, running: ledger.Subscription, numbers: Numbers, now: datetime) -> None:
    """Have the subscription ended. What still waits to be done for it makes no sense any more."""
    waiting = Act.objects.filter(subscription_id=visit.subscription_id, account_id=visit.account_id,
                                 state=WAITING)  # fmt: skip
    waiting.exclude(what="cancel", undoes=None).update(
        state=DROPPED, detail="the customer cancelled instead"
    )
    at_end = numbers.running.at_period_end
    renews = running.renews_at
    visit.last_day = renews if at_end and renews and renews > now else now
    _ask(visit, "cancel", {"at_period_end": at_end}, now)


def _ask(
    visit: Visit, what: str, terms: dict[str, object], now: datetime, due: datetime | None = None
) -> None:
    Act.objects.get_or_create(
        key=f"cancel:{visit.code[:24]}:{what}",
        defaults={
            "visit": visit, "account_id": visit.account_id, "what": what, "terms": terms,
            "subscription_id": visit.subscription_id, "asked_at": now, "due_at": due or now,
        },
    )  # fmt: skip


def _tell_a_colleague(visit: Visit, offer: Offer, now: datetime) -> None:
    """By a fact (a play can make a task of it) and by mail: to the owner, else whoever leads."""
    tell(visit, "help_wanted", now, offer=offer.name, hours=offer.hours, urgent=offer.urgent)
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
        f"cancel:{visit.code[:24]}:help", "mail", "service", to,
        {"subject": f"{name} wants to hear from you", "text": "\n\n".join(lines)},
        due_at=now, source=f"cancel:{visit.pk}", account_id=visit.account_id, urgent=offer.urgent,
    )  # fmt: skip


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
        f"{act.key}:refused"[:200], "mail", "service", to, content, due_at=now,
        source=f"cancel:{visit.pk}", account_id=visit.account_id, urgent=True,
    )  # fmt: skip
    submit([draft], now=now)
