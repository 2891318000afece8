"""The tabs of the settings, for whoever may open them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from tenure.core import roles
from tenure.core.slices import INSTALLED


def of(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """Tabs of the signed-in colleague; ``current`` is the name of the page shown."""
    tabs = sorted((t for one in INSTALLED for t in one.settings_tabs), key=lambda t: t.place)
    return [
        {"title": t.title, "url": reverse(t.url_name), "current": t.url_name == current}
        for t in tabs
        if roles.has(request.user, t.permission)
    ]
