"""The segments there are: how many accounts, who belongs, and why."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from tenure.accounts import segments
from tenure.accounts.models import Account, Segment
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import parse_rule
from tenure.core.roles import needs
from tenure.health.pages import sentences
from tenure.health.segments.pages import fields


@needs("accounts.view")
def overview(request: HttpRequest) -> HttpResponse:
    """All segments: those of your own, tiers by value, and the packaged ones."""
    segments.keep_packaged()
    money = _money()
    rows = [_shown(s, money) for s in Segment.objects.order_by("title")]
    groups = (
        ("Your own", [r for r in rows if not r["segment"].packaged]),
        ("Tiers by value", [r for r in rows if r["tier"]]),
        ("Packaged", [r for r in rows if r["segment"].packaged and not r["tier"]]),
    )
    context = {"groups": groups, "total": Account.objects.count()}
    return render(request, "segments/overview.html", context)


def _money() -> dict[str, list[tuple[int, str]]]:
    """Monthly revenue of each segment, by currency."""
    grouped = (
        Account.objects.filter(segments__isnull=False, mrr_minor__gt=0)
        .values("segments__segment", "currency")
        .annotate(mrr=Sum("mrr_minor"))
        .order_by("-mrr")
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for row in grouped:
        found.setdefault(row["segments__segment"], []).append((row["mrr"], row["currency"]))
    return found


def _shown(segment: Segment, money: dict[str, list[tuple[int, str]]]) -> dict[str, Any]:
    spec = segments.packaged().get(segment.name)
    return {
        "segment": segment,
        "tier": bool(spec and spec.tier),
        "sentence": sentence(segment),
        "mrr": money.get(segment.name, []),
    }


def sentence(segment: Segment) -> str:
    """The rule in words; empty for a static list."""
    spec = segments.packaged().get(segment.name) if segment.packaged else None
    if spec is not None:
        return sentences.of_rule(spec.rule, fields.naming)
    if not segment.rule:
        return ""
    try:
        return sentences.of_rule(parse_rule(segment.name, segment.rule), fields.naming)
    except SpecError as error:
        return f"cannot be read any more: {error.key} {error.problem}"


@needs("accounts.view")
def segment(request: HttpRequest, name: str) -> HttpResponse:
    """One segment: its rule in words, its size, some of its accounts."""
    found = get_object_or_404(Segment, pk=name)
    members = Account.objects.filter(segments__segment=found).order_by("-mrr_minor", "name")
    context = {
        **_shown(found, _money()),
        "members": members[:20],
        "size": members.count(),
        "rule_text": found.rule,
    }
    return render(request, "segments/segment.html", context)


def own(name: str) -> Segment:
    """A segment of one's own, or 404."""
    found = Segment.objects.filter(pk=name, packaged=False).first()
    if found is None:
        raise Http404("there is no segment of your own with this name")
    return found
