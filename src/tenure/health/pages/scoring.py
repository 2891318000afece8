"""Scoring now, and how far it is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.health.job_kinds import SCORE
from tenure.health.pages import chosen


def state(model: str) -> dict[str, Any]:
    """The open scoring job, and the last that failed with nothing done since."""
    of_model = Job.objects.filter(kind=SCORE, key__in=["", model])
    running = of_model.filter(state__in=jobs.OPEN).order_by("-pk").first()
    last = of_model.exclude(state__in=jobs.OPEN).order_by("-pk").first()
    failed = last if last and last.state == "failed" and not running else None
    return {"running": running, "failed": failed, "problem": _last_line(failed), "model": model}


def _last_line(job: Job | None) -> str:
    lines = job.error.strip().splitlines() if job else []
    return lines[-1] if lines else ""


@require_POST
@needs("scores.run")
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a scoring as of now; one that already waits or runs is not doubled."""
    model, now = chosen.model(request), timezone.now()
    job = jobs.enqueue(SCORE, model, {"model": model}, now=now)
    if job.created_at == now:
        audit.record(request.user, "scores.run", "model", model, None, {"job": job.pk}, now=now)
    return redirect(f"{reverse('health')}?model={model}")


@needs("health.view")
def progress(request: HttpRequest) -> HttpResponse:
    """How far it is; when done the page is loaded anew, because every figure changed."""
    model = chosen.model(request)
    work = state(model)
    if request.GET.get("was") and not work["running"]:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "health/_work.html", {"work": work})
