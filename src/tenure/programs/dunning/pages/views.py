"""Unpaid invoices: which there are, what comes next in each and why, and how well it works."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.channels.models import Message
from tenure.core.roles import needs
from tenure.facts import lake
from tenure.programs.dunning import documents, mails, pre_dunning_mails, queries, reports
from tenure.programs.dunning.declines import understand
from tenure.programs.dunning.models import ALIVE, CANCELLED, GRACE, OPEN, RECOVERED, VOID, Case
from tenure.programs.dunning.pages import words
from tenure.programs.dunning.pre_dunning import What

PAGE = 50
IN_PANEL = 4
STATES = {
    OPEN: ("unpaid", "warn"),
    GRACE: ("in grace", "bad"),
    RECOVERED: ("paid", "good"),
    CANCELLED: ("ended", "none"),
    VOID: ("voided", "none"),
}
FILTERS = {"alive": "All that are open", **{key: title for key, (title, _) in STATES.items()}}


@needs("dunning.view")
def page(request: HttpRequest) -> HttpResponse:
    """The cases, what is due first first."""
    state = request.GET.get("state", "alive")
    state = state if state in FILTERS else "alive"
    search = request.GET.get("search", "").replace("\x00", "").strip()[:120]
    found = queries.find(state=state, search=search)
    rows = Paginator(found, PAGE).get_page(request.GET.get("page"))
    given = request.GET.copy()
    given.pop("page", None)
    context = {
        "on": documents.current().running.on,
        "stakes": _stakes(),
        "rows": rows,
        "lines": _lines(list(rows)),
        "states": FILTERS.items(),
        "state": state,
        "search": search,
        "query": given.urlencode(),
        "none_at_all": not Case.objects.exists(),
    }
    return render(request, "dunning/page.html", context)


def _stakes() -> list[dict[str, Any]]:
    found = reports.at_stake()
    return [{"of": stake, "title": STATES[stake.state][0]} for stake in found]


def _lines(rows: list[Case]) -> list[dict[str, Any]]:
    names = dict(
        Account.objects.filter(pk__in={r.account_id for r in rows}).values_list("pk", "name")
    )
    table = documents.table()
    return [
        {
            "case": row,
            "account": names.get(row.account_id) or row.account_id,
            "state": STATES[row.state],
            "says": understand(table, row.code).says,
            "next": words.step(row.next_what),
        }
        for row in rows
    ]


@needs("dunning.view")
def ahead(request: HttpRequest) -> HttpResponse:
    """What is said before a payment can fail: to whom, about what, and whether it went out."""
    now, numbers = timezone.now(), documents.current()
    found = pre_dunning_mails.listed(now)
    rows = Paginator(found, PAGE).get_page(request.GET.get("page"))
    counts = Counter(line.said.what for line in found)
    context = {
        "on": numbers.running.on and numbers.ahead.on,
        "rows": rows,
        "counts": [(AHEAD[what], counts[what]) for what in AHEAD],
        "lines": [{"line": line, "title": AHEAD[line.said.what]} for line in rows],
        "numbers": numbers.ahead,
        "has_cards": lake.current().exists("cards"),
    }
    return render(request, "dunning/ahead.html", context)


AHEAD: dict[What, str] = {
    "expiry": "Card expires",
    "backup": "One card alone",
    "yearly": "Yearly renewal",
}


@needs("dunning.view")
def report_panel(request: HttpRequest) -> HttpResponse:
    """How well it works: a fragment, as it reads the ledger."""
    numbers = documents.current()
    found = reports.report(timezone.now(), numbers.targets.report_days)
    context = {
        "report": found,
        "targets": numbers.targets,
        "verdict": words.verdict(found.recovered.share, numbers.targets.recovered),
        "kinds": [(words.KINDS.get(p.name, p.name), p) for p in found.by_kind],
        "tries": [(f"Try {p.name}", p) for p in found.by_try],
        "mails": [(words.step(f"mail:{p.name}"), p) for p in found.by_mail],
    }
    return render(request, "dunning/_report.html", context)


@needs("dunning.view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: where it stands, what comes and why, everything done in it."""
    case, now = get_object_or_404(Case, pk=pk), timezone.now()
    numbers = documents.current()
    context = {
        **_lines([case])[0],
        "on": numbers.running.on,
        "alive": case.state in ALIVE,
        "plan": [(words.step(n.what), n) for n in queries.plan(case, now)],
        "steps": [(words.step(s.what), s) for s in case.steps.order_by("-at", "-pk")],
        "messages_of": Message.objects.filter(
            source__in=[mails.source(case), mails.source(case, True), mails.thanks_source(case)]
        ).order_by("-pk")[:PAGE],
        "days_left": numbers.course.extend_most_days - case.extended_days,
        "kind": words.KINDS.get(case.kind, case.kind),
    }
    return render(request, "dunning/case.html", context)


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """What the page of an account shows: its cases, open ones first."""
    rows = Case.objects.filter(account_id=account.pk).order_by("-closed_at", "-opened_at")
    open_first = sorted(rows[:PAGE], key=lambda c: c.state not in ALIVE)
    return {"cases": _lines(open_first[:IN_PANEL])}
