"""The page of one account: header and score at once, the panels after it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Account, Segment
from tenure.core import roles
from tenure.core.roles import needs
from tenure.health import explanations, queries
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, models_shown, signal_words
from tenure.web.accounts import panels, score_view
from tenure.web.accounts.panel_data import model_asked

SINCE = {1: "Yesterday", 7: "7 days", 30: "30 days"}
"""Against which scores it is said what changed."""


@require_GET
@needs("accounts.view")
def account(request: HttpRequest, pk: str) -> HttpResponse:
    """The whole page."""
    found = get_object_or_404(Account.objects.select_related("owner"), pk=pk)
    sees_health = roles.has(request.user, "health.view")
    asked = model_asked(request), _days(request)
    context = _score(found, *asked) if sees_health else {"score": None}
    context |= {
        "account": found,
        "segments": Segment.objects.filter(members__account=found).order_by("title"),
        "panels": [
            p for p in panels.boxes() if roles.has(request.user, p.permission) and p.wanted(found)
        ],
        "sees_health": sees_health,
        "now": timezone.now(),
    }
    return render(request, "web/accounts/account.html", context)


@require_GET
@needs("accounts.view")
def panel(request: HttpRequest, name: str, pk: str) -> HttpResponse:
    """One panel, for htmx."""
    box = panels.named(name)
    if box is None:
        raise Http404("no such panel")
    if not roles.has(request.user, box.permission):
        raise PermissionDenied(f"your role does not have the permission {box.permission}")
    found = get_object_or_404(Account, pk=pk)
    context = box.load(found, request, timezone.now())
    context |= {"account": found, "panel": box, "model": model_asked(request)}
    return render(request, box.template, context)


def _days(request: HttpRequest) -> int:
    """Against how many days before it is said what changed."""
    given = request.GET.get("since", "")
    return int(given) if given in {str(days) for days in SINCE} else 1


def _score(found: Account, model: str, days: int) -> dict[str, Any]:
    scores = {score.model: score for score in found.health.defer("trend", "signal_trend")}
    titles = models_shown.titles()
    context: dict[str, Any] = {
        "model": model,
        "model_title": titles.get(model, model),
        "models": [(name, titles.get(name, name)) for name in titles if name in scores],
        "score": scores.get(model),
    }
    if score := scores.get(model):
        context |= _explained(score, found, days)
    return context


def _explained(score: AccountHealth, found: Account, days: int) -> dict[str, Any]:
    all_bands = bands.all_of(score.model)
    then, told = queries.changed_since(score, days)
    return {
        "since": SINCE.items(),
        "days": days,
        "then": then,
        "view": score_view.build(
            told or explanations.of_row(score),
            all_bands,
            lambda name, value: signal_words.shown(name, value, found.currency),
        ),
        "band": bands.of(score.model, score.shown_band),
        "computed_band": bands.of(score.model, score.band),
        "previous_band": bands.of(score.model, score.previous_band),
        "bands": all_bands,
        "level": bands.risk(score.risk_level) if score.risk_level else None,
        "fired": queries.warnings(score, signal_words.registry()),
    }
