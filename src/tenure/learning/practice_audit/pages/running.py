"""Running the audit now, and whether it is under way."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.learning.practice_audit.jobs import AUDIT


def state() -> dict[str, Any]:
    """The open audit job, and the last that failed with nothing done since."""
    of_kind = Job.objects.filter(kind=AUDIT).order_by("-pk")
    running = of_kind.filter(state__in=jobs.OPEN).first()
    last = of_kind.exclude(state__in=jobs.OPEN).first()
    failed = last if last and last.state == "failed" and not running else None
    lines = failed.error.strip().splitlines() if failed else []
    return {"running": running, "failed": failed, "problem": lines[-1] if lines else ""}


@require_POST
@needs("practice.accept")
def start(request: HttpRequest) -> HttpResponse:
    """Ask for an audit; one that already waits or runs is not doubled."""
    now = timezone.now()
    job = jobs.enqueue(AUDIT, now=now)
    if job.created_at == now:
        after = {"job": job.pk}
        audit.record(request.user, "practice.run", "workspace", "", None, after, now=now)
    return redirect("practice")


@needs("practice.view")
def progress(request: HttpRequest) -> HttpResponse:
    """Whether it still runs; when done the page is loaded anew."""
    work = state()
    if request.GET.get("was") and not work["running"]:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "practice_audit/_work.html", {"work": work})
