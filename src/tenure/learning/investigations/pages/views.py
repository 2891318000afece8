"""Accounts that left: who, why, what it cost, and one loss with everything that was known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tenure.accounts.models import Account
from tenure.channels.models import Message
from tenure.core.roles import needs
from tenure.learning.investigations import actions, documents, interviews, months, queries, quotes
from tenure.learning.investigations.models import OPEN, VOID, Investigation
from tenure.learning.investigations.pages import words
from tenure.learning.investigations.settings import Settings

PAGE = 50
IN_PANEL = 3


@needs("churn.view")
def page(request: HttpRequest) -> HttpResponse:
    """The losses, latest first, with what each filter leaves."""
    asked = _asked(request)
    found = queries.find(asked)
    rows = Paginator(found, PAGE).get_page(request.GET.get("page"))
    given = request.GET.copy()
    given.pop("page", None)
    context = {
        "asked": asked,
        "counts": queries.counts(),
        "lost": queries.lost(found),
        "rows": rows,
        "lines": _lines(list(rows)),
        "states": [(key, title) for key, (title, _) in words.STATES.items()],
        "verdicts": [(key, title) for key, (title, _) in words.VERDICTS.items()],
        "causes": [*queries.causes(), ("none", "No cause told")],
        "segments": queries.segments(),
        "query": given.urlencode(),
        "none_at_all": not Investigation.objects.exclude(state=VOID).exists(),
    }
    return render(request, "investigations/page.html", context)


def _asked(request: HttpRequest) -> queries.InvestigationFilter:
    given = {
        name: request.GET.get(name, "").replace("\x00", "").strip()[:120]
        for name in ("state", "cause", "verdict", "segment", "search")
    }
    given["state"] = given["state"] if given["state"] in words.STATES else ""
    given["verdict"] = given["verdict"] if given["verdict"] in words.VERDICTS else ""
    month = months.parse(request.GET.get("month", ""))
    since, until = months.bounds(month) if month else (None, None)
    return queries.InvestigationFilter(**given, since=since, until=until)


def _lines(rows: list[Investigation]) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "row": line.row,
            "state": words.STATES[line.row.state],
            "verdict": words.VERDICTS.get(line.row.verdict, (line.row.verdict, "none")),
            "kind": words.kind(line.row.kind),
        }
        for line in queries.lines(rows)
    ]


@needs("churn.view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One loss: what was known, what is made of it, and the verdict to confirm."""
    row = get_object_or_404(Investigation, pk=pk)
    numbers = documents.current()
    dossier = row.dossier
    context = {
        **_lines([row])[0],
        "numbers": numbers,
        "scores": [(datetime.fromisoformat(s[0]), *s[1:]) for s in dossier.get("scores", [])],
        "trend": [[s[0], s[1]] for s in dossier.get("scores", [])],
        "warnings": queries.warnings(row),
        "missed": sum(w["missed"] for w in dossier.get("warnings", [])),
        "contacts": _timed(dossier.get("contacts", [])),
        "tickets": _timed(dossier.get("tickets", [])),
        "answers": _timed(dossier.get("answers", [])),
        "quotes": quotes.of(row, numbers),
        "tried": _timed([*dossier.get("plays", []), *dossier.get("offers", [])]),
        "evidence": _evidence(row, numbers),
        "proposed": numbers.title(row.proposed_cause) if row.proposed_cause else "",
        "proposed_verdict": words.VERDICTS[row.proposed_verdict],
        "said": queries.visit_words(row),
        "said_reason": _reason(row, numbers),
        "interview": queries.interview_of(row),
        "returns": words.RETURNS,
        "mail": Message.objects.filter(source=interviews.source(row.pk)).first(),
        "can_be_asked": bool(row.state != VOID and interviews.addressee(row.account_id)),
        "verdicts": [(key, title) for key, (title, _) in words.VERDICTS.items()],
        "causes": queries.causes(),
        "open": row.state == OPEN,
        "void": row.state == VOID,
    }
    return render(request, "investigations/one.html", context)


def _reason(row: Investigation, numbers: Settings) -> str:
    told = actions.stated(row)
    return numbers.reasons.get(told, told.replace("_", " ").capitalize())


def _evidence(row: Investigation, numbers: Settings) -> list[dict[str, Any]]:
    """By cause, the heaviest first, with its share of all weight."""
    whole = sum(weight for *_, weight in row.evidence) or 1
    found: dict[str, dict[str, Any]] = {}
    for cause, _, text, weight in row.evidence:
        part = found.setdefault(cause, {"title": numbers.title(cause), "weight": 0.0, "texts": []})
        part["weight"] += weight
        part["texts"].append(text)
    return [{**p, "share": 100 * p["weight"] / whole} for p in found.values()]


def _timed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    read = [{**row, "at": datetime.fromisoformat(row["at"])} for row in rows]
    return sorted(read, key=lambda row: row["at"], reverse=True)


def has_left(account: Account) -> bool:
    """Whether an account's page has a box for this."""
    return Investigation.objects.filter(account_id=account.pk).exclude(state=VOID).exists()


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """What the page of an account shows: its losses, latest first."""
    return {
        "lines": _lines(
            list(queries.find(queries.InvestigationFilter(account=account.pk))[:IN_PANEL])
        )
    }
