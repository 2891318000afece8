"""The Indicators page and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from tenure.analytics.indicators import expect
from tenure.core import audit, jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.metrics.alerts.models import Alert
from tenure.metrics.indicators import documents, queries, words
from tenure.metrics.indicators.jobs import COUNT
from tenure.metrics.indicators.pages.chart import chart
from tenure.metrics.indicators.queries import IndicatorRow

CADENCES = (
    ("daily", "Every day"),
    ("weekly", "Every week"),
    ("monthly", "Every month"),
    ("quarterly", "Every quarter"),
)
STATUS = {
    "alert": ("bad", "Alert"),
    "low": ("warn", "Below"),
    "high": ("warn", "Above"),
    "fine": ("good", "As expected"),
    "unknown": ("none", "Too little to judge"),
}


@require_GET
@needs("alerts.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every indicator with its course and band."""
    shown = queries.indicators()
    groups = [
        {"title": title, "rows": [_row(s) for s in shown if s.of.cadence == cadence]}
        for cadence, title in CADENCES
    ]
    context = {
        "groups": [g for g in groups if g["rows"]],
        "computed_at": queries.last_computed(),
        "any": any(s.last for s in shown),
        "work": _work(),
    }
    return render(request, "indicators/page.html", context)


@require_GET
@needs("alerts.view")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One indicator: what it means, its course, its segments, its alerts."""
    if not queries.exists(name):
        raise Http404("no such indicator")
    (shown,) = queries.indicators(only=name)
    found = documents.current()
    context = {
        "row": _row(shown, 900, 180),
        "definition": _definition(shown),
        "segments": [_row(s) for s in queries.by_segment(name)],
        "recent": [_period(shown, r) for r in reversed(shown.course[-14:])],
        "alerts": Alert.objects.filter(kind=queries.KIND, signal=name).order_by("-pk")[:20],
        "learning": found.learning,
        "settings": found.settings,
    }
    return render(request, "indicators/one.html", context)


@require_POST
@needs("alerts.handle")
def count(request: HttpRequest) -> HttpResponse:
    """Ask for the indicators to be worked out; a job that waits or runs is not doubled."""
    now = timezone.now()
    job = jobs.enqueue(COUNT, now=now)
    if job.created_at == now:
        audit.record(
            request.user, "indicators.run", "workspace", "", None, {"job": job.pk}, now=now
        )
    messages.success(request, "The indicators are being worked out; this takes seconds.")
    return redirect("indicators")


def _work() -> Job | None:
    return Job.objects.filter(kind=COUNT, state__in=jobs.OPEN).first()


def _row(shown: IndicatorRow, width: int = 320, height: int = 72) -> dict[str, Any]:
    last, of = shown.last, shown.of
    role, title = STATUS[shown.status]
    if shown.status in ("low", "high"):
        role = "warn" if shown.is_bad else "good"
    return {
        "shown": shown,
        "of": of,
        "chart": chart(shown.course, of.target, expect.bad(of), width, height),
        "value": words.shown(last.value if last else None, of.unit),
        "expected": words.shown(last.expected if last else None, of.unit),
        "low": words.shown(last.low if last else None, of.unit),
        "high": words.shown(last.high if last else None, of.unit),
        "target": words.shown(of.target, of.unit) if of.target is not None else "",
        "period": words.period(of.cadence, last.start) if last else "",
        "role": role,
        "status": title,
    }


def _period(shown: IndicatorRow, row: Any) -> dict[str, Any]:
    of = shown.of
    role, title = STATUS[row.status]
    if row.status in ("low", "high"):
        role = "bad" if row.status == expect.bad(of) else "good"
    return {
        "period": words.period(of.cadence, row.start),
        "role": role,
        "status": title,
        "value": words.shown(row.value, of.unit),
        "base": row.base,
        "expected": words.shown(row.expected, of.unit),
        "low": words.shown(row.low, of.unit),
        "high": words.shown(row.high, of.unit),
    }


def _definition(shown: IndicatorRow) -> list[tuple[str, str]]:
    """The indicator's rule in sentences."""
    of = shown.of
    like = "the same weekday of the last" if of.cadence == "daily" else "the last"
    unit = {"daily": "weeks", "weekly": "weeks", "monthly": "months", "quarterly": "quarters"}
    side = "below" if of.better == "up" else "above"
    reach = f"{of.threshold:g}"
    if shown.factor > 1:
        reach += f" × {shown.factor:.2f} (taught by false alarms)"
    events = f" Events: {', '.join(of.events)}." if of.events else ""
    rows = [
        ("What is counted", of.about + events),
        ("Compared with", f"the median of {like} {of.history} {unit[of.cadence]}"),
        ("Out of line", f"{side} what is expected by more than {reach} spreads"),
        ("Told", f"after {of.periods} in a row, as {of.severity}"),
    ]
    if of.target is not None:
        rows.append(("Target", words.shown(of.target, of.unit)))
    if of.least > 1:
        rows.append(("Least", f"{of.least} answers or accounts; with fewer there is no figure"))
    return rows
