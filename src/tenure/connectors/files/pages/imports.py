"""Imports: what was brought in from files, how it went, and the mappings to run again."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.connectors.files.pages.import_job import KIND
from tenure.connectors.models import FileMapping, ImportRun
from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.facts.pages import tabs

RECENT = 50


@needs("facts.view")
def page(request: HttpRequest) -> HttpResponse:
    """Runs, newest first, and kept mappings."""
    context = {
        "tabs": tabs.of(request, "facts_imports"),
        "work": Job.objects.filter(kind=KIND, state__in=jobs.OPEN).order_by("-pk"),
        "runs": ImportRun.objects.order_by("-pk")[:RECENT],
        "mappings": FileMapping.objects.order_by("name"),
    }
    return render(request, "imports/imports.html", context)


@needs("facts.view")
def one(request: HttpRequest, run_id: int) -> HttpResponse:
    """How one import went."""
    run = get_object_or_404(ImportRun, pk=run_id)
    query = urlencode({"file": run.file, "table": run.table, "source": run.source})
    context = {
        "run": run,
        "quarantine": f"{reverse('facts_quarantine')}?{query}",
        "terms": sorted(run.mapping.items()),
        "options": {
            k: v
            for k, v in run.options.items()
            if v and (k, v) != ("zone", "UTC") and k != "shown_as"
        },
    }
    return render(request, "imports/import_run.html", context)


@needs("facts.import")
def work(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far an import is; when done, its result."""
    job = Job.objects.filter(pk=job_id, kind=KIND).first()
    if job is None:
        raise Http404("there is no such import")
    run = job.checkpoint.get("run")
    if job.state == "done" and run:
        target = reverse("facts_import_run", args=[run])
        if request.headers.get("HX-Request"):
            return HttpResponse(status=200, headers={"HX-Redirect": target})
        return redirect(target)
    context = {"job": job, "open": job.state in jobs.OPEN and "error" not in job.checkpoint}
    part = request.headers.get("HX-Request")
    return render(request, f"imports/{'_work' if part else 'work'}.html", context)


@require_POST
@needs("facts.import")
def forget_mapping(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a kept mapping; what it imported stays."""
    kept = get_object_or_404(FileMapping, pk=name)
    before = {"table": kept.table, "mapping": kept.mapping}
    kept.delete()
    audit.record(request.user, "mapping.delete", "mapping", name, before, None, now=timezone.now())
    messages.success(request, f"The mapping “{name}” is gone.")
    return redirect("facts_imports")
