"""Facts about the workspace: version, storage, and the work in hand."""

from __future__ import annotations

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure import __version__
from tenure.core import audit, jobs, roles, workspace
from tenure.core.models import Job
from tenure.kit.pages import settings_tabs as tabs
from tenure.web.settings_pages import storage as storing

RECENT = 40
STATES = {
    "ready": ("Waiting", "none"),
    "running": ("Running", "accent"),
    "done": ("Done", "good"),
    "failed": ("Failed", "bad"),
}
KINDS = {
    "health.score": "Score all accounts",
    "health.validate": "Validate scores",
    "learning.audit": "Practice audit",
    "health.segments": "Count segments",
    "facts.watch": "Watch sources",
    "facts.import": "Import a file",
    "facts.replay": "Send refused facts again",
}
DATABASES = {"sqlite": "SQLite, in the workspace folder", "postgresql": "PostgreSQL"}


@roles.needs("jobs.view")
def page(request: HttpRequest) -> HttpResponse:
    """What this workspace is made of."""
    context = {
        "tabs": tabs.of(request, "settings_workspace"),
        "version": __version__,
        "home": workspace.current().home,
        "database": DATABASES.get(connection.vendor, connection.vendor),
        **_jobs(request),
    }
    return render(request, "web/settings/workspace.html", context)


@roles.needs("jobs.view")
def storage(request: HttpRequest) -> HttpResponse:
    """Rows and bytes of every table of facts; a fragment, because it asks the disk."""
    return render(request, "web/settings/_storage.html", {"storage": storing.measure()})


@roles.needs("jobs.view")
def job_list(request: HttpRequest) -> HttpResponse:
    """The list of jobs, asked for again while one runs."""
    return render(request, "web/settings/_jobs.html", _jobs(request))


def _jobs(request: HttpRequest) -> dict[str, object]:
    state = request.GET.get("state", "")
    rows = Job.objects.order_by("-pk")
    shown = rows.filter(state=state) if state in STATES else rows
    listed = [_shown(job) for job in shown[:RECENT]]
    counts = {name: rows.filter(state=name).count() for name in STATES}
    return {
        "jobs": listed,
        "state": state,
        "states": [(n, title, counts[n]) for n, (title, _) in STATES.items()],
        "busy": counts["running"] or counts["ready"],
    }


def _shown(job: Job) -> dict[str, object]:
    title, role = STATES.get(job.state, (job.state, "none"))
    last = job.error.strip().splitlines()[-1] if job.error.strip() else ""
    kind = KINDS.get(job.kind, job.kind)
    return {"job": job, "kind": kind, "title": title, "role": role, "problem": last}


@require_POST
@roles.needs("team.manage")
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask for a failed job again; the open one of its kind is kept if there already is one."""
    job = Job.objects.filter(pk=job_id, state="failed").first()
    if job is None:
        raise Http404("there is no failed job with this number")
    again = jobs.enqueue(job.kind, job.key, job.payload, now=timezone.now())
    after = {"kind": job.kind, "key": job.key, "as": again.pk}
    audit.record(request.user, "job.retry", "job", job.pk, None, after, now=timezone.now())
    messages.success(request, "The job waits for a worker again.")
    return redirect("settings_workspace")
