"""Where facts come from: how fresh each source is, how much it brings, what is unusual."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.core import audit
from tenure.core.models import ApiKey
from tenure.core.roles import needs
from tenure.facts import contracts
from tenure.facts.models import Quarantined, Source, SourceAlert, SourceDay
from tenure.facts.pages import tabs

DAYS = 30
ROLES = {"stale": "bad", "missing": "bad", "quiet": "warn", "loud": "warn"}
Series = dict[Any, Counter[date]]


@needs("facts.view")
def page(request: HttpRequest) -> HttpResponse:
    """Alerts first, then every source."""
    today = timezone.now().date()
    series = _series(today, "source")
    alerts = list(SourceAlert.objects.filter(closed_at=None).order_by("seen_by", "-opened_at"))
    troubled: dict[str, list[SourceAlert]] = defaultdict(list)
    for alert in alerts:
        troubled[alert.source].append(alert)
    rows = [
        {
            "source": source,
            "course": _course(series[source.name], today),
            "today": series[source.name][today],
            "alerts": troubled[source.name],
            "role": _worst(troubled[source.name]),
        }
        for source in Source.objects.order_by("-last_seen_at")
    ]
    context = {
        "tabs": tabs.of(request, "facts"),
        "alerts": [{"alert": a, "role": ROLES.get(a.kind, "warn")} for a in alerts],
        "rows": rows,
        "days": DAYS,
        "has_key": ApiKey.objects.filter(scope="ingest", revoked_at=None).exists(),
    }
    return render(request, "facts/sources.html", context)


def _series(today: date, *keys: str, **filters: str) -> Series:
    """Facts per received day of the last DAYS days, by the given columns."""
    since = today - timedelta(days=DAYS - 1)
    rows = SourceDay.objects.filter(day__gte=since, **filters)
    found: Series = defaultdict(Counter)
    for row in rows.values(*keys, "day").annotate(total=Sum("rows")):
        key = row[keys[0]] if len(keys) == 1 else tuple(row[k] for k in keys)
        found[key][row["day"]] += row["total"]
    return found


def _course(days: Counter[date], today: date) -> list[int]:
    return [days[today - timedelta(days=back)] for back in range(DAYS - 1, -1, -1)]


def _worst(alerts: list[SourceAlert]) -> str:
    found = {ROLES.get(a.kind, "warn") for a in alerts}
    return "bad" if "bad" in found else "warn" if found else "good"


@needs("facts.view")
def one(request: HttpRequest, name: str) -> HttpResponse:
    """What one source brings, by table and event."""
    source = get_object_or_404(Source, pk=name)
    today = timezone.now().date()
    series = _series(today, "table", "name", source=name)
    totals = (
        SourceDay.objects.filter(source=name)
        .values("table", "name")
        .annotate(total=Sum("rows"))
        .order_by("-total")
    )
    context = {
        "source": source,
        "alerts": SourceAlert.objects.filter(source=name).order_by("-opened_at")[:20],
        "rows": [
            {**row, "course": _course(series[(row["table"], row["name"])], today)}
            for row in totals[:200]
        ],
        "open": Quarantined.objects.filter(source=name, state="open").count(),
        "days": DAYS,
    }
    return render(request, "facts/source.html", context)


@require_POST
@needs("facts.repair")
def seen(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Somebody looks after it; it stays until the source is well again."""
    alert = get_object_or_404(SourceAlert, pk=alert_id)
    if not alert.seen_by:
        alert.seen_by = audit.actor_name(request.user)
        alert.save(update_fields=["seen_by"])
        now = timezone.now()
        audit.record(request.user, "alert.seen", "source", alert.source, None, alert.text, now=now)
    messages.success(request, "Marked as seen. It closes by itself when the source is well again.")
    return redirect("facts")


@needs("facts.view")
def contracts_page(request: HttpRequest) -> HttpResponse:
    """What those who send facts promise, and what of it is broken now."""
    current = contracts.current()
    broken: Counter[str] = Counter()
    grouped = Quarantined.objects.filter(code__startswith="contract_", state__in=("open", "warned"))
    for row in grouped.values("table", "name").annotate(n=Count("pk")):
        broken[row["name"] or row["table"]] += row["n"]
    kinds = (
        ("Events", current.events),
        ("Tables", current.tables),
        ("Sources", current.sources),
    )
    context = {
        "tabs": tabs.of(request, "facts_contracts"),
        "contracts": current,
        "kinds": kinds,
        "broken": broken.most_common(),
        "watch": current.watch,
    }
    return render(request, "facts/contracts.html", context)
