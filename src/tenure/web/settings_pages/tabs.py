"""The tabs of the settings, for whoever may open them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from tenure.core import roles

TABS = (
    ("Team", "settings_team", "team.view"),
    ("Keys and SDKs", "settings_keys", "keys.manage"),
    ("Endpoints", "settings_endpoints", "endpoints.manage"),
    ("Mail", "settings_mail", "endpoints.manage"),
    ("Stripe", "settings_stripe", "keys.manage"),
    ("In the product", "settings_in_app", "keys.manage"),
    ("Audit trail", "settings_audit", "audit.view"),
    ("Workspace", "settings_workspace", "jobs.view"),
)


def of(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """Tabs of the signed-in colleague; ``current`` is the name of the page shown."""
    return [
        {"title": title, "url": reverse(name), "current": name == current}
        for title, name, permission in TABS
        if roles.has(request.user, permission)
    ]
