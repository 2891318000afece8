"""The alerts of an account on its page: what is open, and the newest that are over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenure.accounts.models import Account
from tenure.metrics.alerts import queries

OVER = 5


def alerts(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """Open alerts, gravest first, and the last few that ended."""
    of_account = queries.AlertFilter("all", account=account.pk)
    rows = queries.listing(of_account, now)
    return {
        "open": list(rows.filter(state="open")),
        "over": list(rows.filter(state="closed").order_by("-closed_at")[:OVER]),
        "here": reverse("account", args=[account.pk]),
    }
