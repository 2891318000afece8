"""What a customer sees who follows the link in a mail: what is due, and where to pay."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from tenure.analytics.errors import SpecError
from tenure.connectors.billing.contract import Rejected, Unavailable, billing
from tenure.kit import workspace_name
from tenure.programs.dunning import documents, links
from tenure.programs.dunning.mails import money
from tenure.programs.dunning.models import ALIVE, Case


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """The amount due, and the way to the billing system's own page; 404 for a link that is not ours
    or has run out."""
    numbers = documents.current()
    case = Case.objects.filter(invoice_id=links.read(token, numbers.link.days)).first()
    if case is None:
        raise Http404("this link has run out, or was not sent by us")
    due = case.state in ALIVE
    where, down = _where(case, numbers.running.provider) if due else ("", False)
    if where and "go" in request.GET:
        return redirect(where)
    context = {
        "company": workspace_name.read(),
        "amount": money(case.amount_minor, case.currency),
        "due": due,
        "where": bool(where),
        "down": down,
        "state": case.state,
    }
    answer = render(request, "dunning/paying.html", context)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_safe
def card(request: HttpRequest, token: str) -> HttpResponse:
    """Where an account changes its card before anything is due; 404 as above."""
    numbers = documents.current()
    account = links.read_card(token, numbers.ahead.link_days)
    if not account:
        raise Http404("this link has run out, or was not sent by us")
    where, down = _asked(account, "", numbers.running.provider, f"ahead:{token[-40:]}:link")
    if where and "go" in request.GET:
        return redirect(where)
    context = {"company": workspace_name.read(), "where": bool(where), "down": down}
    answer = render(request, "dunning/card.html", context)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _where(case: Case, provider: str) -> tuple[str, bool]:
    return _asked(case.account_id, case.invoice_id, provider, f"dunning:{case.invoice_id}:link")


def _asked(account: str, invoice: str, provider: str, key: str) -> tuple[str, bool]:
    try:
        return billing(provider).payment_update_link(account, invoice, key=key), False
    except (Unavailable, Rejected, SpecError, KeyError):
        return "", True
