"""The plays there are, and one of them: what it does, to whom, and whether it helps."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from tenure.analytics.errors import SpecError
from tenure.core import policy as policies
from tenure.core.roles import needs
from tenure.health.pages.sentences import of_rule
from tenure.health.segments.pages import fields
from tenure.plays import effect, policy, queries
from tenure.plays.models import OFF, ON, PAUSED, PlaySwitch
from tenure.plays.pages import summary, trying
from tenure.plays.pages.finding import get
from tenure.plays.spec import Play

GROUPS = ((ON, "Running"), (PAUSED, "Paused"), (OFF, "Off"))
STATES = {ON: ("on", "good"), PAUSED: ("paused", "warn"), OFF: ("off", "none")}


@needs("plays.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Every play, running ones first, with how many are in it and how many reached its goal."""
    now = timezone.now()
    numbers = queries.by_play(now - timedelta(days=queries.LATELY))
    states = dict(PlaySwitch.objects.values_list("play", "state"))
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name in policy.names():
        rows[states.get(name, OFF)].append(_row(name, numbers.get(name)))
    groups = [(title, sorted(rows[key], key=lambda r: r["title"])) for key, title in GROUPS]
    context = {"groups": [g for g in groups if g[1]], "running": len(rows[ON])}
    return render(request, "plays/overview.html", context)


def _row(name: str, numbers: queries.Counts | None) -> dict[str, Any]:
    try:
        play = policy.play(name)
    except SpecError as error:
        return {"name": name, "title": name, "error": error, "numbers": numbers}
    return {
        "name": name,
        "title": play.title,
        "about": play.about,
        "trigger": summary.trigger(play, fields.naming),
        "numbers": numbers,
    }


@needs("plays.view")
def play(request: HttpRequest, name: str) -> HttpResponse:
    """One play: trigger, audience, steps with their days, what it needs, who is in it."""
    found, now = get(name), timezone.now()
    switch = PlaySwitch.objects.filter(pk=name).first()
    state = switch.state if switch else OFF
    context = {
        **head(name, found),
        "tab": "play",
        "switch": switch,
        "state": state,
        "numbers": queries.by_play(now - timedelta(days=queries.LATELY), name).get(name),
        "lines": summary.lines(found, fields.naming),
        "share": policy.share_held_out(found),
        "everyone_held": policy.share_held_out_of_all(found),
        **trying.context(name, found),
    }
    return render(request, "plays/play.html", context)


def head(name: str, found: Play) -> dict[str, Any]:
    """What every page of a play shows."""
    switch = PlaySwitch.objects.filter(pk=name).values_list("state", flat=True).first()
    return {
        "name": name,
        "play": found,
        "document": policy.FAMILY + name,
        "version": policy.version(name),
        "packaged": policy.version(name) == policies.PACKAGED,
        "pill": STATES[switch or OFF],
        "words": {
            "trigger": summary.trigger(found, fields.naming),
            "audience": _rule(found.audience),
            "exit": _rule(found.exit),
            "to": [role.replace("_", " ") for role in found.to],
            "whom": summary.WHOM[found.meant_for],
            "entry": summary.entry(found.entry),
            "goal": summary.goal(found.goal, fields.naming) if found.goal else "",
        },
    }


def _rule(rule: Any) -> str:
    return of_rule(rule, fields.naming) if rule is not None else ""


@needs("plays.view")
def effect_panel(request: HttpRequest, name: str) -> HttpResponse:
    """Whether it helps: a fragment, as it reads every round."""
    found = get(name)
    context = {"play": found, "effect": effect.of(name, found, timezone.now())}
    return render(request, "plays/_effect.html", context)
