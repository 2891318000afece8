"""Who was in a play and why: the enrolment log, and one round of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tenure.accounts.models import Account, Person
from tenure.core.roles import needs
from tenure.health.segments.pages import fields
from tenure.plays import policy, queries
from tenure.plays.models import ACTIVE, DONE, EXITED, HELD_OUT, STOPPED, Enrolment
from tenure.plays.pages import summary
from tenure.plays.pages.finding import get
from tenure.plays.pages.views import head

STATES = {
    ACTIVE: ("in it", "accent"),
    HELD_OUT: ("held out", "none"),
    DONE: ("finished", "good"),
    EXITED: ("left early", "good"),
    STOPPED: ("taken out", "warn"),
}
PAGE = 50
IN_PANEL = 6


@needs("plays.view")
def page(request: HttpRequest, name: str) -> HttpResponse:
    """Everybody who was let in or held out, latest first."""
    play = get(name)
    state, search = request.GET.get("state", ""), request.GET.get("search", "").strip()
    rows = Paginator(queries.rounds(name, state=state, search=search), PAGE).get_page(
        request.GET.get("page")
    )
    names = dict(
        Account.objects.filter(pk__in={r.account_id for r in rows}).values_list("pk", "name")
    )
    given = request.GET.copy()
    given.pop("page", None)
    context = {
        **head(name, play),
        "tab": "log",
        "rows": rows,
        "lines": [_line(r, names) for r in rows],
        "states": [(key, title) for key, (title, _) in STATES.items()],
        "state": state,
        "search": search,
        "query": given.urlencode(),
    }
    return render(request, "plays/log.html", context)


def _line(row: Enrolment, names: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "account": names.get(row.account_id) or row.account_id,
        "state": STATES.get(row.state, (row.state, "none")),
        "why": summary.evidence(row.why, fields.naming)[:3],
    }


@needs("plays.view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """Why this one: what was so when they entered, and what has happened since."""
    row = get_object_or_404(Enrolment, pk=pk)
    play = policy.play(row.play, row.version)
    account = Account.objects.filter(pk=row.account_id).first()
    person = Person.objects.filter(pk=row.person_id).first() if row.person_id else None
    context = {
        "row": row,
        "title": (account.name if account else "") or row.account_id,
        "play": play,
        "account": account,
        "person": person,
        "state": STATES.get(row.state, (row.state, "none")),
        "why": summary.evidence(row.why, fields.naming),
        "trigger": summary.trigger(play, fields.naming),
        "messages_of": queries.messages_of(row),
        "tasks_of": queries.tasks_of(row),
        "lines": summary.lines(play, fields.naming),
        "active": row.state == ACTIVE,
    }
    return render(request, "plays/round.html", context)


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """The latest plays of an account, for its page."""
    rows = queries.of_account(account.pk, IN_PANEL)
    return {
        "rounds": [
            {
                "row": row,
                "title": policy.play(row.play, row.version).title,
                "state": STATES.get(row.state, (row.state, "none")),
            }
            for row in rows
        ]
    }
