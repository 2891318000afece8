"""The audit trail: who changed what, when, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenure.core import audit, roles
from tenure.core.models import AuditEntry
from tenure.web.settings_pages import tabs

PAGE = 50


class FilterForm(forms.Form):
    """What of the trail to show; empty fields show everything."""

    actor = forms.ChoiceField(required=False, label="Who")
    action = forms.ChoiceField(required=False, label="What")
    target_kind = forms.ChoiceField(required=False, label="On")
    target_id = forms.CharField(required=False, label="Name or id")
    since = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="From"
    )
    until = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="To"
    )
    before_id = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("actor", "action", "target_kind"):
            choice = self.fields[name]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [("", "Any"), *((v, v) for v in _values(name))]


def _values(field: str) -> list[str]:
    return list(AuditEntry.objects.order_by(field).values_list(field, flat=True).distinct()[:200])


@roles.needs("audit.view")
def page(request: HttpRequest) -> HttpResponse:
    """Entries that match the filter, newest first."""
    form = FilterForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = list(audit.entries(**_filters(wanted))[: PAGE + 1])
    query = request.GET.copy()
    if len(rows) > PAGE:
        query["before_id"] = str(rows[PAGE - 1].pk)
    context = {
        "tabs": tabs.of(request, "settings_audit"),
        "form": form,
        "entries": [describe(row) for row in rows[:PAGE]],
        "older": f"?{query.urlencode()}" if len(rows) > PAGE else "",
        "filtered": any(v for k, v in wanted.items() if k != "before_id"),
        "paged": bool(wanted.get("before_id")),
    }
    return render(request, "web/settings/audit.html", context)


def _filters(wanted: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in wanted.items() if v not in (None, "")}
    for name, days in (("since", 0), ("until", 1)):
        if isinstance(kept.get(name), date):
            kept[name] = datetime.combine(kept[name], datetime.min.time(), UTC) + timedelta(
                days=days
            )
    return kept


def describe(entry: AuditEntry) -> dict[str, Any]:
    """An entry with what changed as rows of key, before and after."""
    before = entry.before if isinstance(entry.before, dict) else {"value": entry.before}
    after = entry.after if isinstance(entry.after, dict) else {"value": entry.after}
    keys = [k for k in dict.fromkeys((*before, *after)) if before.get(k) != after.get(k)]
    changes = [{"key": k, "before": before.get(k), "after": after.get(k)} for k in keys]
    return {"entry": entry, "changes": changes}
