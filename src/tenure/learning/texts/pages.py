"""What customers write: themes, their tone, and whether who wrote so left more often."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.core.roles import needs
from tenure.learning.texts import reading
from tenure.learning.texts.counting import NONE, Text, Themed

SPANS = (30, 90, 180, 365)
SOURCES = {"ticket": "ticket", "survey": "survey answer", "exit": "on leaving"}


@needs("churn.view")
def page(request: HttpRequest) -> HttpResponse:
    """The themes of a period, with texts to read."""
    rules, given = reading.numbers(), request.GET.get("days", "")
    days = int(given) if given.isdigit() and int(given) in SPANS else rules.days
    found = reading.themed(timezone.now(), days)
    names = dict(
        Account.objects.filter(
            pk__in={t.account_id for one in found for t in one.latest}
        ).values_list("pk", "name")
    )
    titles = reading.themes_in_force().themes
    context = {
        "days": days,
        "spans": SPANS,
        "rules": rules,
        "rows": [_row(one, titles, names, rules.least_judged) for one in found],
        "total": sum(one.texts for one in found),
    }
    return render(request, "texts/page.html", context)


def _row(one: Themed, titles: Any, names: dict[str, str], least: int) -> dict[str, Any]:
    told = min(one.judged, one.others) >= least
    title = titles[one.theme].title if one.theme in titles else one.theme
    return {
        "one": one,
        "title": "No theme told" if one.theme == NONE else title,
        "sources": [(SOURCES[s], n) for s, n in sorted(one.by_source.items())],
        "share": one.share if told else None,
        "others": one.share_of_others if told else None,
        "clear": told and _apart(one),
        "latest": [_text(t, names) for t in one.latest],
    }


def _apart(one: Themed) -> bool:
    low, high = one.share.low, one.share_of_others.high
    return low is not None and high is not None and low > high


def _text(text: Text, names: dict[str, str]) -> dict[str, Any]:
    return {
        "text": text,
        "account": names.get(text.account_id) or text.account_id,
        "source": SOURCES[text.source],
    }
