"""The trial on history: ask for it, watch it, read it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.core import jobs as work
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.plays import dry_run, jobs, policy
from tenure.plays.models import DryRunKept
from tenure.plays.pages.finding import get
from tenure.plays.spec import Play


def context(name: str, play: Play) -> dict[str, Any]:
    """The trial that runs, failed or was kept."""
    kept = DryRunKept.objects.filter(pk=name).first()
    job = Job.objects.filter(kind=jobs.DRY_RUN, key=name).order_by("-pk").first()
    running = job if job and job.state in work.OPEN else None
    failed = job if job and job.state == "failed" else None
    found = {
        "cannot_try": dry_run.why_not(play),
        "trial_days": policy.numbers().dry_run_days,
        "trial_running": running,
        "trial_failed": failed,
        "trial": kept if kept and kept.finished_at else None,
    }
    if found["trial"]:
        found |= _shown(kept)  # type: ignore[arg-type]
        found["trial_old"] = kept.version != policy.version(name)  # type: ignore[union-attr]
    return found


def _shown(kept: DryRunKept) -> dict[str, Any]:
    result = kept.result
    names = dict(
        Account.objects.filter(pk__in=[e["account_id"] for e in result["entries"]]).values_list(
            "pk", "name"
        )
    )
    most = max(result["by_day"].values(), default=0)
    days = [(day, result["by_day"].get(day, 0)) for day in result["looked_at"]]
    entries = [(e["at"], e["account_id"], names.get(e["account_id"])) for e in result["entries"]]
    weeks = max(len(days) - 1, 1)
    return {
        "trial_count": result["count"],
        "trial_a_week": result["count"] / weeks,
        "trial_days_shown": days,
        "trial_most": most,
        "trial_entries": entries,
        "trial_first_only": result["count"] > len(entries),
    }


@require_POST
@needs("plays.view")
def start(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a trial; one that already waits or runs is not doubled."""
    if reason := dry_run.why_not(get(name)):
        messages.error(request, f"This play {reason}.")
    else:
        jobs.ask_dry_run(name, timezone.now())
    return redirect("play", name)


@needs("plays.view")
def progress(request: HttpRequest, name: str) -> HttpResponse:
    """How far it is; when done the page is loaded anew."""
    found = context(name, get(name))
    if not found["trial_running"]:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "plays/_trial_running.html", {"name": name, **found})
