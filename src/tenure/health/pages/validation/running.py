"""Running a validation, and how far it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.health.job_kinds import VALIDATE
from tenure.health.pages import chosen, models_shown


class RunForm(forms.Form):
    """Which model, over which period; an empty period is the whole history that is decided."""

    model = forms.ChoiceField()
    start = forms.DateField(
        required=False, label="From", widget=forms.DateInput(attrs={"type": "date"})
    )
    end = forms.DateField(
        required=False, label="To", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.fields["model"]
        assert isinstance(model, forms.ChoiceField)
        model.choices = list(models_shown.titles().items())

    def clean(self) -> dict[str, Any]:
        """The period must begin before it ends."""
        given: dict[str, Any] = super().clean() or {}
        start, end = given.get("start"), given.get("end")
        if start and end and start >= end:
            self.add_error("end", "The period ends before it begins.")
        return given


def state(model: str) -> dict[str, Any]:
    """The open validation of a model, and the last that failed with nothing done since."""
    of_kind = Job.objects.filter(kind=VALIDATE)
    mine = [j for j in of_kind.order_by("-pk")[:30] if j.payload.get("model", model) == model]
    running = next((j for j in mine if j.state in jobs.OPEN), None)
    last = next((j for j in mine if j.state not in jobs.OPEN), None)
    failed = last if last and last.state == "failed" and running is None else None
    retried = running is not None and running.state == "ready" and bool(running.error)
    return {
        "running": running,
        "failed": failed,
        "retried": retried,
        "problem": _last_line(failed or (running if retried else None)),
        "model": model,
    }


def _last_line(job: Job | None) -> str:
    lines = job.error.strip().splitlines() if job else []
    return lines[-1].removeprefix("tenure.analytics.errors.SpecError: ") if lines else ""


@require_POST
@needs("validation.run")
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a validation; scores of past dates that are missing are made on the way."""
    form = RunForm(request.POST)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(e) for e in errors))
        return redirect("validation")
    given, now = form.cleaned_data, timezone.now()
    period = {k: _text(given[k]) for k in ("start", "end")}
    payload = {"model": given["model"], "by": audit.actor_name(request.user), **period}
    key = "|".join((given["model"], period["start"], period["end"]))
    job = jobs.enqueue(VALIDATE, key, payload, now=now)
    if job.created_at == now:
        audit.record(request.user, "validation.run", "model", given["model"], None, period, now=now)
    return redirect(f"{reverse('validation')}?model={given['model']}")


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


@needs("validation.view")
def progress(request: HttpRequest) -> HttpResponse:
    """How far it is; when done the page is loaded anew."""
    work = state(chosen.model(request))
    if request.GET.get("was") and not work["running"]:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "validation/_work.html", {"work": work})
