"""The monthly review: the pattern of a month's losses, changes decided, and what followed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.learning.investigations import documents, months, queries, reviewing
from tenure.learning.investigations.models import Review
from tenure.learning.investigations.pages import words


@needs("churn.view")
def page(request: HttpRequest) -> HttpResponse:
    """A month: as kept, else as things stand."""
    now = timezone.now()
    month = months.parse(request.GET.get("month", "")) or reviewing.last_whole(now)
    kept = Review.objects.filter(month=month).first()
    closed = kept is not None and kept.closed_at is not None
    report = kept.report if kept is not None and closed else reviewing.report(month)
    told = reviewing.changes(now)
    context = {
        "month": month,
        "before": months.step(month, -1),
        "after": months.step(month, 1),
        "ended": months.bounds(month)[1] <= now,
        "whole": month <= reviewing.last_whole(now),
        "kept": kept,
        "closed": closed,
        "report": report,
        "groups": _groups(report),
        "repeated": _repeated(report),
        "here": [t for t in told if kept and t.change.review_id == kept.pk],
        "earlier": [t for t in told if t.change.review.month < month],
        "causes": queries.causes(),
        "any": report["losses"] or report["before"],
    }
    return render(request, "investigations/review.html", context)


def _groups(report: dict[str, Any]) -> list[dict[str, Any]]:
    numbers, titles = documents.current(), dict(queries.segments())
    named = {
        "by_cause": ("Cause", lambda n: numbers.title(n) if n else "No cause told"),
        "by_segment": ("Segment", lambda n: titles.get(n, n)),
        "by_plan": ("Plan", lambda n: n or "not told"),
        "by_kind": ("How it ended", words.kind),
    }
    return [
        {
            "title": title,
            "rows": [
                {**row, "title": name(row["name"]), "link": _link(key, row["name"])}
                for row in report[key]
            ],
        }
        for key, (title, name) in named.items()
        if report[key]
    ]


def _link(key: str, name: str) -> str:
    if key == "by_cause":
        return f"cause={name or 'none'}"
    return f"segment={name}" if key == "by_segment" else ""


def _repeated(report: dict[str, Any]) -> list[dict[str, Any]]:
    numbers = documents.current()
    return [
        {
            **row,
            "title": numbers.title(row["cause"]),
            "how": numbers.causes[row["cause"]].how if row["cause"] in numbers.causes else "",
            "kind": numbers.causes[row["cause"]].change if row["cause"] in numbers.causes else "",
        }
        for row in report["repeated"]
    ]


@require_POST
@needs("churn.judge")
def close(request: HttpRequest, month: str) -> HttpResponse:
    """Close the month with a note."""
    return _act(
        request,
        month,
        "Closed. It stays as it is.",
        lambda of: reviewing.close(
            of,
            request.POST.get("note", "").replace("\x00", "")[:4000],
            request.user,
            now=timezone.now(),
        ),
    )


@require_POST
@needs("churn.judge")
def decide(request: HttpRequest, month: str) -> HttpResponse:
    """Decide a change of product or process."""
    given = {
        name: request.POST.get(name, "").replace("\x00", "")[:300]
        for name in ("cause", "kind", "title", "owner", "experiment")
    }
    due = _day(request.POST.get("due_on", ""))
    return _act(
        request,
        month,
        "Decided.",
        lambda of: reviewing.decide_change(
            of, request.user, **given, due_on=due, now=timezone.now()
        ),
    )


@require_POST
@needs("churn.judge")
def end(request: HttpRequest, month: str, pk: int) -> HttpResponse:
    """A change is done, dropped, or open again."""
    state = request.POST.get("state", "")
    return _act(
        request,
        month,
        "Noted.",
        lambda _: reviewing.end_change(pk, state, request.user, now=timezone.now()),
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


def _act(request: HttpRequest, month: str, well: str, do: Any) -> HttpResponse:
    of = months.parse(month)
    try:
        if of is None:
            raise SpecError("churn review", month, "is no month", "give one like 2026-03")
        do(of)
    except SpecError as error:
        messages.error(request, f"Nothing changed: {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, well)
    answer = redirect("churned_review")
    answer["Location"] += f"?month={of:%Y-%m}" if of else ""
    return answer
