"""The Health page: how healthy the base is now, how that came about, and where to look first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.health import queries
from tenure.web import models_shown
from tenure.web.health import chosen, figures, scoring

MOVERS = 8


@needs("health.view")
def page(request: HttpRequest) -> HttpResponse:
    """Distribution, course, segments and movers of one model."""
    name = chosen.model(request)
    model = queries.model(name)
    now = figures.overview(model)
    context: dict[str, Any] = {
        "model": model,
        "models": models_shown.titles().items(),
        "is_default": name == models_shown.default(),
        "run": queries.latest_run(name),
        "now": now,
        "work": scoring.state(name),
        "periods": chosen.PERIODS,
        "period": chosen.period(request, timezone.now()),
        "accounts": Account.objects.exists() if not now["accounts"] else True,
    }
    if now["accounts"]:
        context |= _details(name, model)
    return render(request, "web/health/page.html", context)


def _details(name: str, model: Any) -> dict[str, Any]:
    points = queries.distribution_over_time(name)
    return {
        "course": figures.course(model, points),
        "points": len(points),
        "segments": figures.segments(model, queries.by_segment(name), "segment"),
        "stages": figures.segments(model, queries.by_stage(name), "stage"),
        "worst": list(queries.worst_movers(name, MOVERS)),
        "best": list(queries.best_movers(name, MOVERS)),
    }
