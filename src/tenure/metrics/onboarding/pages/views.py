"""The Onboarding page: milestones, activation, first value, the flow, and who is late now."""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts import segments
from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.analytics.onboarding.measuring import Onboarding, Reached, Share, Step
from tenure.core.roles import needs
from tenure.kit.pages import formats
from tenure.kit.pages.cells import safe
from tenure.metrics.onboarding import queries
from tenure.metrics.revenue import scope

SHOWN = 25
STANDINGS = {
    "on": ("good", "On target"),
    "near": ("warn", "Nearly there"),
    "off": ("bad", "Off target"),
    "few": ("none", "Too few to judge"),
    "unseen": ("none", "No fact shows it"),
}
ADVICE = {"remove": ("bad", "Remove or move later"), "defer": ("warn", "Defer")}
COLUMNS = ("account_id", "name", "begun", "missing", "hours_late")


@needs("health.view")
def page(request: HttpRequest) -> HttpResponse:
    """What the beginnings of the last months tell, and who is late now."""
    now, fault = timezone.now(), ""
    try:
        of = scope.parse(request.GET.get("of", ""))
    except SpecError as error:
        of, fault = scope.Scope(), f"{error.key} {error.problem}: these are all accounts."
    by = request.GET.get("by", "")
    by = by if by in queries.BYS else queries.TIER
    context: dict[str, Any] = {"known": queries.known(), "fault": fault, "of": of, "by": by}
    if context["known"]:
        numbers = queries.onboarding_policy()
        told, now_there = queries.report(now, of=of, by=by), queries.under_way(now, of)
        context |= {
            "numbers": numbers,
            "told": told,
            "tiles": _tiles(told.whole),
            "milestones": [_milestone(m) for m in told.whole.milestones],
            "steps": [_step(s, told.whole.accounts) for s in told.whole.steps],
            "declared": bool(numbers.flow.steps),
            "parts": [_part(p) for p in told.parts],
            "bys": [(b, urlencode({"of": of.text, "by": b})) for b in queries.BYS],
            "scopes": [(f"segment:{n}", t) for n, t in sorted(segments.titles().items())],
            "under_way": now_there,
            "late": _late(now_there.late[:SHOWN]),
            "query": urlencode({"of": of.text}),
        }
    return render(request, "onboarding/page.html", context)


@require_GET
@needs("export")
@needs("health.view")
def file(request: HttpRequest) -> HttpResponse:
    """Everybody who is late for first value now, as CSV."""
    try:
        of = scope.parse(request.GET.get("of", ""))
    except SpecError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="late-for-first-value.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in _late(queries.under_way(timezone.now(), of).late):
        one = row["late"]
        writer.writerow(
            [
                safe(v)
                for v in (
                    one.account_id,
                    row["name"],
                    one.begun.isoformat(),
                    one.missing,
                    one.hours_late,
                )
            ]
        )
    return response


def _late(listed: Any) -> list[dict[str, Any]]:
    names = dict(
        Account.objects.filter(pk__in=[one.account_id for one in listed]).values_list("pk", "name")
    )
    return [
        {
            "late": one,
            "name": names.get(one.account_id) or one.account_id,
            "words": hours(one.hours_late),
        }
        for one in listed
    ]


def _tiles(whole: Onboarding) -> list[dict[str, Any]]:
    value = whole.value
    shares = (
        ("Activation", whole.activation),
        ("Set up", whole.setup),
        ("Back on the second day", whole.day_one),
    )
    tiles = [_tile(title, share) for title, share in shares]
    role, words = STANDINGS[whole.value_standing]
    tiles.insert(
        0,
        {
            "title": "Time to first value",
            "value": hours(value.median_hours),
            "hint": f"median of the {percent(value.reached['value'])} who got there; nine tenths "
            f"of them within {hours(value.p90_hours)}; half of all are "
            f"aimed at: {hours(whole.value_target_hours)}",
            "role": role,
            "words": words,
        },
    )
    return tiles


def _tile(title: str, share: Share) -> dict[str, Any]:
    role, words = STANDINGS[share.standing]
    return {
        "title": title,
        "value": percent(share.share["value"]),
        "role": role,
        "words": words,
        "hint": f"{within(share.share)}aimed at: over {percent(share.target)}",
    }


def _milestone(told: Reached) -> dict[str, Any]:
    return {
        "m": told,
        "within": hours(told.within_hours) if told.within_hours else "",
        "median": hours(told.median_hours),
        "p90": hours(told.p90_hours),
        "lift": points(told.lift),
        "expected": points({"value": told.expected_lift, "low": None})
        if told.expected_lift
        else "",
        "clear": told.lift["low"] is not None and told.lift["low"] > 0,
    }


def _step(told: Step, begun: int) -> dict[str, Any]:
    return {
        "s": told,
        "share": told.accounts / begun if begun else 0,
        "lift": points(told.lift),
        "advice": ADVICE.get(told.advice),
    }


def _part(part: queries.Part) -> dict[str, Any]:
    role, words = STANDINGS[part.told.activation.standing]
    return {
        "part": part,
        "role": role,
        "words": words,
        "value": hours(part.told.value.median_hours),
        "target": hours(part.told.value_target_hours),
        "activation_words": within(part.told.activation.share).removesuffix("; "),
    }


def percent(value: float | None) -> str:
    """A share in whole per cent."""
    return formats.NOTHING if value is None else f"{100 * value:.0f} %"


def within(share: dict[str, Any]) -> str:
    """The interval of a share, before what follows."""
    if share["low"] is None:
        return ""
    return f"{percent(share['low'])} to {percent(share['high'])}; "


def points(told: dict[str, Any]) -> str:
    """A difference of shares in points, with its interval.

    >>> points({"value": 0.251, "low": 0.104, "high": 0.4}), points({"value": None, "low": None})
    ('+25 (+10 to +40)', '–')
    """
    if told["value"] is None:
        return formats.NOTHING
    value = f"{100 * told['value']:+.0f}"
    if told["low"] is None:
        return value
    return f"{value} ({100 * told['low']:+.0f} to {100 * told['high']:+.0f})"


def hours(value: float | None) -> str:
    """A span of hours in the unit people would use.

    >>> hours(1 / 12), hours(5.25), hours(24), hours(72), hours(60), hours(0), hours(None)
    ('5 minutes', '5.2 hours', '24 hours', '3 days', '2.5 days', 'at once', '–')
    """
    if value is None:
        return formats.NOTHING
    if value * 60 < 0.5:
        return "at once"
    number, unit = (value * 60, "minute") if value < 1 else (value, "hour")
    if value > 48:
        number, unit = value / 24, "day"
    told = formats.number(number, 0 if unit == "minute" else 1)
    return f"{told} {unit}" + ("" if told == "1" else "s")
