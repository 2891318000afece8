"""Experiments: those kept here, and the trials that plays and the cancel flow run by themselves."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.core.roles import needs
from tenure.learning.experiments import measuring, queries
from tenure.learning.experiments.models import PLANNED, RUNNING, STOPPED

STATES = {PLANNED: ("planned", "none"), RUNNING: ("running", "ok"), STOPPED: ("over", "good")}
ROLES = {
    "works": "good",
    "does_nothing": "none",
    "harms": "bad",
    "too_few": "warn",
    "assignment_broken": "bad",
}


@needs("experiments.view")
def page(request: HttpRequest) -> HttpResponse:
    """The archive, the newest first."""
    rows = [
        {
            "row": row,
            "state": STATES[row.state],
            "headline": queries.headline(row),
            "metric": measuring.title(row.metric),
            "ends": queries.ends_at(row),
        }
        for row in queries.listed()
    ]
    return render(request, "experiments/page.html", {"rows": rows})


@needs("experiments.view")
def trials_panel(request: HttpRequest) -> HttpResponse:
    """Plays against their hold-outs, and the split of the cancel flow: a fragment."""
    context = {"trials": queries.trials(timezone.now())}
    return render(request, "experiments/_trials.html", context)


@needs("experiments.view")
def one(request: HttpRequest, key: str) -> HttpResponse:
    """One experiment: what was asked, who is in it, and every look."""
    row, now = queries.one(key), timezone.now()
    if row is None:
        raise Http404("no such experiment")
    ends = queries.ends_at(row)
    context = {
        "row": row,
        "state": STATES[row.state],
        "metric": measuring.title(row.metric),
        "is_share": row.plan.get("sd") is None,
        "guardrails": [(measuring.title(m), up) for m, up in row.guardrails],
        "counts": queries.counts(row).items(),
        "ends": ends,
        "may_look": row.watched or (ends is not None and now >= ends),
        "readings": [_reading(r) for r in row.readings.order_by("-at", "-pk")],
    }
    return render(request, "experiments/one.html", context)


def _reading(reading: Any) -> dict[str, Any]:
    results = [{**r, "role": ROLES.get(r["verdict"], "none")} for r in reading.result["results"]]
    return {
        "at": reading.at,
        "final": reading.final,
        "results": results,
        "reduction": reading.result["variance_reduction"],
        "without": reading.result["without_value"],
    }
