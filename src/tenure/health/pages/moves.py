"""Movement between bands over a period: the table of counts, and the accounts behind each."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.analytics.health import HealthModel
from tenure.analytics.health.bands import Band
from tenure.core.roles import needs
from tenure.health import queries
from tenure.health.pages import bands, chosen, figures, models_shown

MOST = 500
OUTSIDE = bands.UNKNOWN.model_copy(update={"title": "Not scored", "min": -1})
HEAT = (0.4, 0.15, 0.0)


@needs("health.view")
def matrix(request: HttpRequest) -> HttpResponse:
    """The table of movements; a fragment, because it reads the lake."""
    name, period = chosen.model(request), chosen.period(request, timezone.now())
    model = queries.model(name)
    found = queries.movements(period.start, period.end, name)
    context = {
        "model": model,
        "period": period,
        "found": found,
        "rows": _rows(model, found, period),
        "columns": [*figures.bands_of(model), OUTSIDE],
        "summary": summary(model, found["moves"]),
    }
    return render(request, "health/_matrix.html", context)


def _rows(model: HealthModel, found: dict[str, Any], period: chosen.Period) -> list[dict[str, Any]]:
    bands = [*figures.bands_of(model), OUTSIDE]
    return [
        {
            "band": before,
            "cells": [
                _cell(model, found["matrix"].get(before.name, {}), before, after, period)
                for after in bands
            ],
        }
        for before in bands
    ]


def _cell(
    model: HealthModel, counts: dict[str, int], before: Band, after: Band, period: chosen.Period
) -> dict[str, Any]:
    n = counts.get(after.name, 0)
    share = n / sum(counts.values()) if n else 0.0
    query = {"model": model.name, "from": before.name, "to": after.name, **_span(period)}
    return {
        "n": n,
        "after": after,
        "same": before.name == after.name,
        "role": tone(before, after),
        "heat": next(i for i, least in enumerate(HEAT) if share >= least) if n else None,
        "url": f"{reverse('health_moves')}?{urlencode(query)}",
    }


def tone(before: Band, after: Band) -> str:
    """Whether going from one band to the other is good news."""
    if "" in (before.name, after.name) or before.name == after.name:
        return "none"
    return "good" if after.min > before.min else "bad"


def _span(period: chosen.Period) -> dict[str, str]:
    if period.days:
        return {"days": str(period.days)}
    return {"start": period.start.date().isoformat(), "end": period.end.date().isoformat()}


def summary(model: HealthModel, moves: list[dict[str, Any]]) -> dict[str, int]:
    """How many rose, fell, came and went."""
    least = {b.name: b.min for b in model.bands}
    counts = {"rose": 0, "fell": 0, "came": 0, "went": 0}
    for move in moves:
        counts[_kind(least.get(move["from_band"]), least.get(move["to_band"]))] += 1
    return counts


def _kind(before: float | None, after: float | None) -> str:
    if before is None:
        return "came"
    if after is None:
        return "went"
    return "rose" if after > before else "fell"


@needs("health.view")
def listing(request: HttpRequest) -> HttpResponse:
    """The accounts behind one cell (or all that moved)."""
    name, period = chosen.model(request), chosen.period(request, timezone.now())
    model = queries.model(name)
    before, after = request.GET.get("from"), request.GET.get("to")
    found = queries.movements(period.start, period.end, name)
    moves = [m for m in found["moves"] if _fits(m, before, after)]
    names = {
        a.pk: a for a in Account.objects.filter(pk__in=[m["account_id"] for m in moves[:MOST]])
    }
    bands = {b.name: b for b in [*model.bands, OUTSIDE]}
    rows = [
        {
            **m,
            "account": names.get(m["account_id"]),
            "before": bands.get(m["from_band"], OUTSIDE),
            "after": bands.get(m["to_band"], OUTSIDE),
        }
        for m in moves[:MOST]
    ]
    context = {
        "model": model,
        "titles": models_shown.titles(),
        "found": found,
        "rows": rows,
        "total": len(moves),
        "before": bands.get(before) if before is not None else None,
        "after": bands.get(after) if after is not None else None,
        "back": f"{reverse('health')}?{urlencode({'model': name, **_span(period)})}",
    }
    return render(request, "health/moves.html", context)


def _fits(move: dict[str, Any], before: str | None, after: str | None) -> bool:
    return before in (None, move["from_band"]) and after in (None, move["to_band"])
