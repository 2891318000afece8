"""The list of alerts with its filters, and how precise each signal has been."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts import segments
from tenure.accounts.models import Account
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.health import policy as health
from tenure.metrics.alerts import documents, queries
from tenure.metrics.alerts.models import Alert
from tenure.metrics.alerts.policy import SEVERITIES
from tenure.metrics.indicators import documents as indicators

PAGE = 50
STATES = (
    ("current", "To look at"),
    ("snoozed", "Put away"),
    ("false_alarm", "False alarms"),
    ("closed", "Over"),
    ("all", "All"),
)
ROLES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "ok"}
KINDS = (("risk", "Accounts"), ("indicator", "Indicators"))
TABS = (("Alerts", "alerts"), ("Precision", "alerts_precision"))


def tabs(current: str) -> list[dict[str, object]]:
    """The tabs of these pages."""
    return [{"title": t, "url": reverse(n), "current": n == current} for t, n in TABS]


@require_GET
@needs("alerts.view")
def page(request: HttpRequest) -> HttpResponse:
    """Alerts that match the filter, gravest first."""
    asked = _asked(request)
    found = queries.listing(asked, timezone.now())
    rows = Paginator(found, PAGE).get_page(request.GET.get("page"))
    given = {k: v for k, v in request.GET.items() if v and k != "page"}
    names = dict(
        Account.objects.filter(pk__in={a.account_id for a in rows}).values_list("pk", "name")
    )
    context = {
        "tabs": tabs("alerts"),
        "rows": rows,
        "lines": [
            {"alert": a, "name": names.get(a.account_id), "role": ROLES[a.severity]} for a in rows
        ],
        "asked": asked,
        "mine": request.GET.get("mine") == "1",
        "query": urlencode(given),
        "states": STATES,
        "kinds": KINDS,
        "severities": SEVERITIES,
        "signals": sorted(_titles().items(), key=lambda pair: pair[1]),
        "segments": sorted(segments.titles().items(), key=lambda pair: pair[1]),
        "any": Alert.objects.exists(),
        "snooze_days": documents.current().telling.snooze_days,
        "here": request.get_full_path(),
    }
    return render(request, "alerts/page.html", context)


@require_GET
@needs("alerts.view")
def precision(request: HttpRequest) -> HttpResponse:
    """Useful alerts among those marked, per signal, with interval."""
    titles = _titles()
    rows = [{"p": p, "title": titles.get(p.signal, p.signal)} for p in queries.precision()]
    context = {"tabs": tabs("alerts_precision"), "rows": rows}
    return render(request, "alerts/precision.html", context)


def _asked(request: HttpRequest) -> queries.AlertFilter:
    def given(name: str) -> str:
        return request.GET.get(name, "").replace("\x00", "")[:255]

    user: Any = request.user
    return queries.AlertFilter(
        state=given("state") if given("state") in queries.STATES else "current",
        kind=given("kind"),
        severity=given("severity"),
        signal=given("signal"),
        segment=given("segment"),
        account=given("account"),
        owner_id=user.pk if given("mine") == "1" and isinstance(user, User) else None,
    )


def _titles() -> dict[str, str]:
    """Titles of what gives alerts."""
    risks = {name: r.title for name, r in health.registry().risk_signals.items()}
    return risks | {n: of.title for n, of in indicators.current().indicators.items()}
