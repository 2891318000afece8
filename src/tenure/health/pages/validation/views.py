"""The Validation page: would this score have told us about the churn we already had?"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tenure.accounts import segments
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.health import queries
from tenure.health.models import ValidationReport
from tenure.health.pages import bands, chosen, models_shown, registry
from tenure.health.pages.sketch import shown
from tenure.health.pages.validation import figures, running

KEPT = 24
SIGNALS = 4
GREEN = 10


@needs("validation.view")
def page(request: HttpRequest) -> HttpResponse:
    """The newest report of a model, or how to get the first."""
    return _page(request, chosen.model(request), None)


@needs("validation.view")
def report(request: HttpRequest, report_id: int) -> HttpResponse:
    """A kept report."""
    found = get_object_or_404(ValidationReport, pk=report_id)
    return _page(request, found.model, found)


def _page(request: HttpRequest, model: str, found: ValidationReport | None) -> HttpResponse:
    newest = queries.latest_report(model)
    shown_report = found or newest
    context: dict[str, Any] = {
        "model": model,
        "title": models_shown.titles().get(model, model),
        "models": models_shown.titles().items(),
        "work": running.state(model),
        "form": running.RunForm(initial={"model": model}),
        "kept": [_line(r) for r in queries.reports(model)[:KEPT]],
        "others": _others(model),
        "report": shown_report,
        "is_newest": shown_report is not None and newest is not None and shown_report == newest,
    }
    if shown_report:
        context |= details(shown_report)
    return render(request, "validation/page.html", context)


def _line(row: ValidationReport) -> dict[str, Any]:
    horizon = figures.side_by_side([row.result])
    return {"report": row, "verdict": figures.verdict(row.verdict), "auc": horizon[0]["cells"][0]}


def _others(model: str) -> int:
    """How many models have a report to compare with."""
    rows = ValidationReport.objects.exclude(model=model).order_by()
    return rows.values("model").distinct().count()


def details(row: ValidationReport) -> dict[str, Any]:
    """Everything a report says, laid out."""
    result = row.result
    known = {b.name: b for b in bands.all_of(row.model)}
    titles = segments.titles()
    weighty = _weighty(row.model)
    green = [_green(g, weighty) for g in result["green_churned"]]
    listed = figures.horizons(result, known)
    return {
        "result": result,
        "verdict": {**figures.verdict(row.verdict), **result["verdict"]},
        "horizons": listed,
        "verdict_days": result["verdict"].get("days"),
        "main": _main(listed, result["verdict"].get("days")),
        "lines": figures.lines(listed),
        "lead": figures.lead(result),
        "charts": figures.charts(result),
        "words": figures.words(),
        "segments": [
            {**s, "title": titles.get(s["segment"], s["segment"]), "figure": _auc(s)}
            for s in sorted(result["segments"], key=lambda s: -s["churned"])
        ],
        "green": green,
        "green_first": green[:GREEN],
        "green_rest": green[GREEN:],
        "nearest": min(h["days"] for h in result["horizons"]),
        "days": [h["days"] for h in result["horizons"]],
    }


def _auc(segment: dict[str, Any]) -> dict[str, Any]:
    return figures.of({"auc": segment["auc"]}, "auc")


def _main(listed: list[dict[str, Any]], days: int | None) -> dict[str, Any]:
    """The figures of the horizon that the verdict rests on."""
    found: dict[str, Any] = next((h for h in listed if h["days"] == days), listed[0])["figures"]
    return found


def _weighty(model: str) -> list[str]:
    """The signals of a model, those that weigh most first; none if it is gone."""
    try:
        parts = queries.model(model).parts()
    except SpecError:
        return []
    ordered = sorted(parts, key=lambda p: -p.dimension_weight * p.signal_weight)
    return list(dict.fromkeys(p.signal for p in ordered))


def _green(entry: dict[str, Any], weighty: list[str]) -> dict[str, Any]:
    """A churned account that was green, with its scores before and its weightiest signals."""
    naming = registry.naming()
    days = sorted(
        (int(k.removeprefix("health_")) for k in entry if k.startswith("health_")), reverse=True
    )
    signals = []
    values = entry.get("signals") or {}
    for name in [n for n in weighty if n in values][:SIGNALS]:
        title, unit = naming(name)
        signals.append({"title": title, "value": shown(values[name], unit)})
    return {
        **entry,
        "churned": date.fromisoformat(entry["churned_at"]),
        "course": [{"days": d, "health": entry[f"health_{d}"]} for d in days],
        "shown_signals": signals,
    }


@needs("validation.view")
def compare(request: HttpRequest) -> HttpResponse:
    """The newest report of every model, side by side."""
    rows = [r for name in models_shown.titles() if (r := queries.latest_report(name))]
    titles = models_shown.titles()
    context = {
        "rows": [
            {"report": r, "title": titles[r.model], "verdict": figures.verdict(r.verdict)}
            for r in rows
        ],
        "lines": figures.side_by_side([r.result for r in rows]) if rows else [],
        "periods": len({(r.start, r.end) for r in rows}),
    }
    return render(request, "validation/compare.html", context)
