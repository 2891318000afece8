"""What was refused, by what is wrong with it; one of them with its payload, to be repaired."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import roles
from tenure.core.roles import needs
from tenure.facts import quarantine, repairs
from tenure.facts.models import Quarantined
from tenure.facts.pages import tabs

PAGE, GLANCE = 50, 8
FILTERS = ("table", "source", "code", "name", "file", "search")
STATES = (
    ("open", "Open", "warn"),
    ("warned", "Let in with a warning", "ok"),
    ("replaying", "Being sent again", "accent"),
    ("replayed", "Sent again", "good"),
    ("dismissed", "Dismissed", "none"),
)


def filters_of(values: Any) -> dict[str, str]:
    """The filter an address (or a form) asks for; unknown states show the open ones."""
    state = values.get("state", "open")
    found = {name: values.get(name, "").replace("\x00", "") for name in FILTERS}
    return {**found, "state": state if state in {s for s, *_ in STATES} else "open"}


@needs("facts.view")
def page(request: HttpRequest) -> HttpResponse:
    """Kinds of refusals, and the rows of the kind (or filter) chosen."""
    filters = filters_of(request.GET)
    kept = {k: v for k, v in filters.items() if v}
    narrowed = any(filters[name] for name in FILTERS)
    size = PAGE if narrowed or request.GET.get("page") else GLANCE
    rows = Paginator(quarantine.find(**filters), size).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs.of(request, "facts_quarantine"),
        "filters": filters,
        "narrowed": narrowed,
        "kinds": [] if narrowed or request.GET.get("page") else _kinds(filters["state"]),
        "rows": rows,
        "lines": [{"row": r, "why": why(r.reason)} for r in rows],
        "query": urlencode(kept),
        "states": _states(),
        "any": narrowed or Quarantined.objects.exists(),
        "can_act": filters["state"] == "open" and roles.has(request.user, "facts.repair"),
    }
    return render(request, "facts/quarantine.html", context)


def _states() -> list[dict[str, Any]]:
    counts = quarantine.counts()
    return [{"key": k, "title": t, "count": counts.get(k, 0)} for k, t, _ in STATES]


def _kinds(state: str) -> list[dict[str, Any]]:
    keys = ("table", "source", "code", "name")
    return [
        {
            "kind": kind,
            "why": why(kind.example),
            "query": urlencode({"state": state, **{k: getattr(kind, k) for k in keys}}),
        }
        for kind in quarantine.kinds(state=state)
    ]


@needs("facts.view")
def one(request: HttpRequest, row_id: int) -> HttpResponse:
    """One refused fact. A POST sends the repaired payload; errors stand beside what was typed."""
    row = get_object_or_404(Quarantined, pk=row_id)
    if request.method == "POST":
        return _repair(request, row)
    return _shown(request, row, _pretty(row.payload))


@needs("facts.repair")
def _repair(request: HttpRequest, row: Quarantined) -> HttpResponse:
    text = request.POST.get("payload", "").replace("\r\n", "\n")
    try:
        result = repairs.repair(row.pk, text, request.user, timezone.now())
    except SpecError as error:
        return _shown(request, row, text, error)
    if result.landed:
        messages.success(request, "It is a fact now.")
        return redirect(f"{reverse('facts_quarantine')}?{_kind_query(row)}")
    row.refresh_from_db()
    return _shown(request, row, text, None, result.problem)


def _shown(
    request: HttpRequest,
    row: Quarantined,
    text: str,
    error: SpecError | None = None,
    problem: str = "",
) -> HttpResponse:
    state = next(((t, r) for k, t, r in STATES if k == row.state), (row.state, "none"))
    context = {
        "row": row,
        "payload": text,
        "state": state,
        "why": why(row.reason),
        "error": error,
        "problem": problem,
        "lines": min(max(text.count("\n") + 2, 8), 30),
        "can_act": row.state == "open" and roles.has(request.user, "facts.repair"),
        "back": f"{reverse('facts_quarantine')}?{_kind_query(row)}",
    }
    return render(request, "facts/refused.html", context, status=422 if error or problem else 200)


def why(reason: str) -> tuple[str, str]:
    """What is wrong and what to do about it, from the kept sentence."""
    problem, _, remedy = reason.partition(". To fix: ")
    return _sentence(problem), _sentence(remedy)


def _sentence(text: str) -> str:
    """With a capital, unless it begins with the name of a field."""
    first = text.partition(" ")[0]
    return text if "_" in first or "." in first else text[:1].upper() + text[1:]


def _kind_query(row: Quarantined) -> str:
    return urlencode({k: getattr(row, k) for k in ("table", "source", "code", "name")})


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


@require_POST
@needs("facts.repair")
def dismiss(request: HttpRequest, row_id: int) -> HttpResponse:
    """It will never be a fact; the reason is kept in the trail."""
    row = get_object_or_404(Quarantined, pk=row_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, "Say why it is dismissed: the next person will ask.")
        return redirect("facts_refused", row.pk)
    repairs.dismiss([row.pk], reason, request.user, timezone.now())
    messages.success(request, "Dismissed. It stays in the list of dismissed ones.")
    return redirect(f"{reverse('facts_quarantine')}?{_kind_query(row)}")
