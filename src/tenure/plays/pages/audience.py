"""Who would enter a play now, counted while it is written, with what a colleague would say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule, check_fields
from tenure.channels.settings import Numbers
from tenure.core import policy as policies
from tenure.core.roles import needs
from tenure.health import policy as health
from tenure.health.segments.pages.population import taken
from tenure.plays import check, entering, policy, spec, triggers, whom
from tenure.plays.pages import form
from tenure.plays.pages.finding import get
from tenure.plays.pages.writing import to_toml
from tenure.plays.spec import InactiveTrigger, Play, ScheduleTrigger, WhenTrigger

NAMED = 8


@dataclass(frozen=True)
class Audience:
    """Who a play would take now.

    ``ready`` meet the trigger now (None: it waits for something to happen, and ``size`` are those
    it could happen to); of these ``new`` may enter and ``held`` of them would be held out.
    """

    size: int
    everyone: int
    ready: bool
    new: int
    held: int
    names: list[tuple[str, str]]


def of(name: str, play: Play, now: datetime) -> Audience:
    """The audience of ``play`` as it stands."""
    everyone = Account.objects.count()
    ready = isinstance(play.trigger, WhenTrigger | InactiveTrigger | ScheduleTrigger)
    accounts = sorted(whom.among(play, _accounts(play, now)))
    may = entering.who_may_enter(name, play, accounts, now) if ready else accounts
    held = entering.held_out(name, play, may) if ready else set()
    some = [a for a in may if a not in held][:NAMED]
    titles = dict(Account.objects.filter(pk__in=some).values_list("pk", "name"))
    names = [(a, titles.get(a) or a) for a in some]
    return Audience(len(accounts), everyone, ready, len(may), len(held), names)


def _accounts(play: Play, now: datetime) -> set[str]:
    trigger = play.trigger
    if isinstance(trigger, WhenTrigger):
        both = [trigger.rule, *([play.audience] if play.audience else [])]
        return set(taken(Rule(all=tuple(both)), now).accounts)
    inside = None if play.audience is None else set(taken(play.audience, now).accounts)
    if isinstance(trigger, InactiveTrigger):
        quiet = {c.account_id for c in triggers.inactive(trigger, now, play.ways())}
        return quiet if inside is None else quiet & inside
    return set(Account.objects.values_list("pk", flat=True)) if inside is None else inside


def context(name: str, play: Play, now: datetime) -> dict[str, Any]:
    """The count and the warnings that follow from it."""
    found = of(name, play, now)
    gate: Numbers = policies.load("channels")
    size = found.size if found.ready else None
    warned = check.check(play, policy.numbers().check, gate, size, found.everyone)
    return {"audience": found, "warned": warned, "play": play}


@needs("plays.view")
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """The count of a play as it is in force; a fragment."""
    return render(request, "plays/_audience.html", context(name, get(name), timezone.now()))


@require_POST
@needs("plays.edit")
def of_form(request: HttpRequest) -> HttpResponse:
    """The count of a play as it stands in the form; a fragment."""
    name = request.POST.get("name", "")
    try:
        play = spec.parse("play", to_toml(form.posted(dict(request.POST.lists()))))
        for rule in play.rules():
            check_fields("play", rule, health.known_fields())
        found = context(name, play, timezone.now())
    except SpecError as error:
        found = {"error": error}
    return render(request, "plays/_audience.html", found)
