"""The audit trail: who changed what, when, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from tenure.core import audit, audit_words, roles
from tenure.core.models import AuditEntry
from tenure.kit.pages import settings_tabs as tabs

PAGE = 50
_PAGES = {"account": "account", "policy": "policy_versions", "play": "play"}
"""Kinds of things with a page of their own, and the names of their addresses."""


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
            choice.choices = [("", "Any"), *((v, _shown(name, v)) for v in _values(name))]


def _shown(field: str, value: str) -> str:
    return audit_words.action(value).rstrip(":") if field == "action" else value


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
    changes = [
        {
            "key": audit_words.key(k),
            "before": audit_words.value(before[k]) if k in before else "",
            "after": audit_words.value(after[k]) if k in after else "",
        }
        for k in keys
    ]
    return {
        "entry": entry,
        "did": audit_words.action(entry.action),
        "url": _url(entry),
        "changes": changes,
    }


def _url(entry: AuditEntry) -> str:
    """The page of what an entry is about, where there is one."""
    name = _PAGES.get(entry.target_kind)
    try:
        return reverse(name, args=[entry.target_id]) if name else ""
    except NoReverseMatch:
        return ""
