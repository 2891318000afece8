"""The Practice page, answered from the newest kept run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.learning.practice_audit import documents, queries
from tenure.learning.practice_audit.finding import Finding, counts
from tenure.learning.practice_audit.pages import running
from tenure.learning.practice_audit.pages.accepting import AcceptForm

ROLES = {"critical": "bad", "high": "bad", "medium": "warn", "low": "ok"}
FIRST = 8
"""Accounts shown before the rest is folded away."""


@needs("practice.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every finding, open ones first, or how to get the first run."""
    now, run = timezone.now(), queries.latest_run()
    findings = queries.judged(run, now) if run else []
    context: dict[str, Any] = {"run": run, "work": running.state()}
    if run:
        names = _names(findings)
        most = documents.current().running.accept_days
        context |= {
            "counts": counts(findings),
            "open": [_open(f, names, most) for f in findings if f.state == "open"],
            "accepted": [_accepted(f, names) for f in findings if f.state == "accepted"],
            "passed": [_shown(f, names) for f in findings if f.state == "passed"],
            "unknown": [_shown(f, names) for f in findings if f.state == "not_assessed"],
        }
    return render(request, "practice_audit/page.html", context)


def _names(findings: Iterable[Finding]) -> dict[str, str]:
    """Names of the accounts behind the findings; who is gone meanwhile has none."""
    wanted = {a for f in findings if f.state in ("open", "accepted") for a in f.accounts}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "name"))


def _shown(finding: Finding, names: Mapping[str, str]) -> dict[str, Any]:
    behind = [{"id": a, "name": names.get(a) or a, "known": a in names} for a in finding.accounts]
    return {
        "finding": finding,
        "role": ROLES[finding.severity],
        "first": behind[:FIRST],
        "rest": behind[FIRST:],
        "unlisted": finding.accounts_total - len(behind),
    }


def _open(finding: Finding, names: Mapping[str, str], most: int) -> dict[str, Any]:
    form = AcceptForm(most=most, auto_id=f"{finding.key}_%s")
    return {**_shown(finding, names), "form": form}


def _accepted(finding: Finding, names: Mapping[str, str]) -> dict[str, Any]:
    told = finding.acceptance or {}
    until = datetime.fromisoformat(told["until"])
    return {**_shown(finding, names), "told": told, "until": until}
