"""What a given customer would be offered for each reason, and why not something else."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.finding import account_of
from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.programs.cancel import customers, documents, ledger, trial
from tenure.programs.cancel.pages.views import tabs


@needs("cancel.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every reason, played through for one account. Nothing is written down or carried out."""
    now, numbers = timezone.now(), documents.current()
    asked = request.GET.get("account", "").strip().replace("\x00", "")[:255]
    language = numbers.language(request.GET.get("language", ""))
    account = _account(asked)
    running = ledger.dearest(account.pk, now) if account else None
    who = customers.of(account.pk, running, numbers, now) if account and running else None
    arm = request.GET.get("arm", "")
    if who and arm in numbers.split.arms:
        who = replace(who, arm=arm)
    context = {
        "tabs": tabs("cancel_builder"),
        "asked": asked,
        "account": account,
        "who": who,
        "running": running,
        "numbers": numbers,
        "language": language,
        "arm": arm,
        "rows": trial.play(who, numbers, language, now) if who else [],
        "segments": ", ".join(sorted(who.segments)) if who else "",
        "control": bool(who and who.arm == numbers.split.control),
    }
    return render(request, "cancel/preview.html", context)


def _account(asked: str) -> Account | None:
    if asked:
        return Account.objects.filter(pk=account_of(asked)).first()
    return Account.objects.filter(status="active").order_by("-mrr_minor", "pk").first()
