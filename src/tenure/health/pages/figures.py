"""The figures of the Health page: how many accounts and how much revenue in each band, now."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any
from urllib.parse import urlencode

from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.urls import reverse

from tenure.analytics.health import HealthModel
from tenure.analytics.health.bands import Band
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, models_shown

NO_SCORE = bands.UNKNOWN.model_copy(
    update={"title": "No score", "action": "Bring in the facts that are missing."}
)
AT_RISK = ("high", "critical")
THIN = 0.5


def bands_of(model: HealthModel) -> list[Band]:
    """Bands, best first."""
    return sorted(model.bands, key=lambda b: -b.min)


def overview(model: HealthModel) -> dict[str, Any]:
    """Counts, averages and revenue of the accounts that have a row for ``model``."""
    rows = AccountHealth.objects.filter(model=model.name)
    whole = rows.aggregate(
        accounts=Count("pk"),
        mean=Avg("shown_health"),
        covered=Avg("coverage"),
        thin=Count("pk", filter=Q(coverage__lt=THIN)),
        judged=Count("pk", filter=Q(overridden=True)),
        at_risk=Count("pk", filter=Q(risk_level__in=AT_RISK)),
        change=Avg("change_30d"),
    )
    return {**whole, "bands": _bands(model, rows, whole["accounts"])}


def _bands(model: HealthModel, rows: QuerySet[AccountHealth], total: int) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    money: dict[str, list[tuple[int, str]]] = defaultdict(list)
    grouped = rows.values("shown_band", "account__currency").annotate(
        n=Count("pk"), mrr=Sum("account__mrr_minor")
    )
    for row in grouped.order_by("-mrr"):
        counts[row["shown_band"]] += row["n"]
        if row["mrr"]:
            money[row["shown_band"]].append((row["mrr"], row["account__currency"]))
    listed = [*bands_of(model), *([NO_SCORE] if counts[""] else [])]
    return [
        {
            "band": band,
            "n": counts[band.name],
            "share": counts[band.name] / total if total else 0.0,
            "mrr": money[band.name],
            "url": accounts_url(model.name, band=band.name),
        }
        for band in listed
    ]


def accounts_url(model: str, **filters: str) -> str:
    """The Accounts list behind a figure; it shows the default model, so other models have none."""
    if model != models_shown.default() or "" in filters.values():
        return ""
    return f"{reverse('accounts')}?{urlencode(filters)}"


def segments(model: HealthModel, rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Segments or stages with a stacked bar of their bands; empty ones are left out."""
    shown = []
    for row in rows:
        if not row["accounts"]:
            continue
        key = row[kind]
        shown.append(
            {
                **row,
                "stack": stack(model, row["bands"]),
                "url": accounts_url(model.name, **{kind: key}),
            }
        )
    return shown


def stack(model: HealthModel, counts: dict[str, int]) -> list[dict[str, Any]]:
    """Where each band lies on a bar of width 100."""
    total, left, parts = sum(counts.values()) or 1, 0.0, []
    for band in bands_of(model):
        width = 100 * counts.get(band.name, 0) / total
        if width:
            parts.append(
                {
                    "band": band,
                    "x": round(left, 2),
                    "width": round(width, 2),
                    "n": counts[band.name],
                }
            )
        left += width
    return parts


def course(model: HealthModel, points: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of the two charts over time."""
    return {
        "labels": [p["as_of"].date().isoformat() for p in points],
        "mean": [p["health"] for p in points],
        "risk": [p["risk"] for p in points],
        "bands": [
            {
                "title": band.title,
                "role": band.color,
                "counts": [(p["bands"] or {}).get(band.name, 0) for p in points],
            }
            for band in reversed(bands_of(model))
        ],
    }
