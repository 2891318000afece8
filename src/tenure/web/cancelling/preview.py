"""What a given customer would be offered for each reason, and why not something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.programs.cancel import course, customers, documents, ledger
from tenure.programs.cancel.course import Customer, No, State, Told
from tenure.programs.cancel.numbers import Numbers, Offer, fill
from tenure.programs.cancel.plans import compare
from tenure.web.cancelling.pages import tabs
from tenure.web.plays.acting import account_of


@dataclass(frozen=True)
class Seen:
    """An offer as the customer would read it."""

    name: str
    title: str
    text: str
    yes: str
    kept: list[str]
    lost: list[str]


@needs("cancel.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every reason, played through for one account. Nothing is written down or carried out."""
    now, numbers = timezone.now(), documents.current()
    asked = request.GET.get("account", "").strip().replace("\x00", "")[:255]
    language = numbers.language(request.GET.get("language", ""))
    account = _account(asked)
    running = _running(account, now) if account else None
    who = customers.of(account.pk, running, numbers, now) if account and running else None
    arm = request.GET.get("arm", "")
    if who and arm in numbers.split.arms:
        who = replace(who, arm=arm)
    context = {
        "tabs": tabs("cancel_builder"), "asked": asked, "account": account, "who": who,
        "running": running, "numbers": numbers, "language": language, "arm": arm,
        "rows": _rows(who, numbers, language, now) if who else [],
        "segments": ", ".join(sorted(who.segments)) if who else "",
        "control": bool(who and who.arm == numbers.split.control),
    }  # fmt: skip
    return render(request, "web/cancelling/preview.html", context)


def _account(asked: str) -> Account | None:
    if asked:
        return Account.objects.filter(pk=account_of(asked)).first()
    return Account.objects.filter(status="active").order_by("-mrr_minor", "pk").first()


def _running(account: Account, now: datetime) -> ledger.Subscription | None:
    found = [s for s in ledger.subscriptions([account.pk], now) if s.runs()]
    return max(found, key=lambda s: s.mrr_minor, default=None)


def _rows(who: Customer, numbers: Numbers, language: str, now: datetime) -> list[dict[str, Any]]:
    return [_row(r, who, numbers, language, now) for r in numbers.reasons]


def _row(
    reason: Any, who: Customer, numbers: Numbers, language: str, now: datetime
) -> dict[str, Any]:
    first = course.step(State(), Told(reason.name), who, numbers, now)
    then = course.step(first, No(), who, numbers, now)
    path = course.path_of(reason.name, who, numbers)
    left_out = [
        (name, why)
        for name in (path.offers if path else ())
        if (offer := numbers.offer(name)) and (why := course.why_not(offer, who, numbers, now))
    ]
    return {
        "title": reason.text[language],
        "name": reason.name,
        "first": _seen(first.on_offer, who, numbers, language),
        "then": _seen(then.on_offer, who, numbers, language) if first.on_offer else None,
        "left_out": left_out,
        "path": (numbers.paths.index(path) + 1) if path else 0,
    }


def _seen(name: str, who: Customer, numbers: Numbers, language: str) -> Seen | None:
    offer = numbers.offer(name)
    if offer is None:
        return None
    plan = {"downgrade": who.lower, "unlock": who.higher}.get(offer.kind)
    places = {"percent": offer.percent, "months": offer.months, "plan": plan.title if plan else ""}
    said = [fill(getattr(offer, part)[language], **places) for part in ("title", "text", "yes")]
    kept, lost = _change(offer, who, numbers, language)
    return Seen(offer.name, said[0], said[1], said[2], kept, lost)


def _change(
    offer: Offer, who: Customer, numbers: Numbers, language: str
) -> tuple[list[str], list[str]]:
    if offer.kind != "downgrade" or who.plan is None or who.lower is None:
        return [], []
    words, told = numbers.words[language], compare(who.plan, who.lower)
    kept = [p if isinstance(p, str) else fill(words[p[0]], n=p[1]) for p in told.kept]
    lost = [p if isinstance(p, str) else fill(words[f"{p[0]}_lost"], n=p[1]) for p in told.lost]
    return kept, lost
