"""The Health page: how healthy the base is now, how that came about, and where to look first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.health import gaps, queries
from tenure.health.pages import chosen, figures, models_shown, scoring

MOVERS = 8


@needs("health.view")
def page(request: HttpRequest) -> HttpResponse:
    """Distribution, course, segments and movers of one model."""
    name = chosen.model(request)
    model = queries.model(name)
    now, run = figures.overview(model), queries.latest_run(name)
    context: dict[str, Any] = {
        "model": model,
        "models": models_shown.titles().items(),
        "is_default": name == models_shown.default(),
        "run": run,
        "now": now,
        "gaps": gaps.of_summary(run.summary) if run else [],
        "work": scoring.state(name),
        "periods": chosen.PERIODS,
        "period": chosen.period(request, timezone.now()),
        "accounts": Account.objects.exists() if not now["accounts"] else True,
    }
    if now["accounts"]:
        context |= _details(name, model)
    return render(request, "health/page.html", context)


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
