"""The tabs of the facts, for whoever may open them."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from tenure.core import roles
from tenure.facts.models import Quarantined, SourceAlert

TABS = (
    ("Sources", "facts", "facts.view"),
    ("Quarantine", "facts_quarantine", "facts.view"),
    ("Contracts", "facts_contracts", "facts.view"),
    ("Imports", "facts_imports", "facts.view"),
    ("People", "facts_people", "people.export"),
)


def of(request: HttpRequest, current: str) -> list[dict[str, object]]:
    """Tabs of the signed-in colleague; ``current`` is the name of the page shown."""
    counts = {
        "facts": SourceAlert.objects.filter(closed_at=None, seen_by="").count() or None,
        "facts_quarantine": Quarantined.objects.filter(state="open").count() or None,
    }
    return [
        {
            "title": title,
            "url": reverse(name),
            "current": name == current,
            "count": counts.get(name),
        }
        for title, name, permission in TABS
        if roles.has(request.user, permission)
    ]
