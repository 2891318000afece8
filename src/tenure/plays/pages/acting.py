"""Switching a play, putting accounts in, taking somebody out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.finding import account_of
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.plays import switching
from tenure.plays.models import OFF, ON, PAUSED, Enrolment
from tenure.plays.pages.finding import get

_SAID = {
    ON: "It runs. Whoever meets its trigger from now on comes in.",
    PAUSED: "It is paused: nobody enters, and nothing happens until you go on.",
}


@require_POST
@needs("plays.edit")
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """On, paused or off."""
    get(name)
    state, now = request.POST.get("state", ""), timezone.now()
    if state == ON:
        switching.switch_on(name, request.user, now=now)
    elif state == PAUSED:
        switching.pause(name, request.user, now=now)
    elif state == OFF:
        count = switching.stop(name, request.user, now=now)
        messages.success(request, f"It is off. {count:,} in it were taken out; nothing more goes.")
    else:
        messages.error(request, "Say whether it should be on, paused or off.")
    if state in _SAID:
        messages.success(request, _SAID[state])
    return redirect("play", name)


@require_POST
@needs("plays.enrol")
def put_in(request: HttpRequest, name: str) -> HttpResponse:
    """Put accounts in by hand: ids, names or domains, one a line."""
    get(name)
    lines = [part.strip() for part in request.POST.get("accounts", "").splitlines()]
    asked = [account_of(line) for line in lines if line]
    if not asked:
        messages.error(request, "Name at least one account: its id, name or domain, one a line.")
        return redirect("play", name)
    try:
        count = switching.put_in(name, asked, request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"Nobody was put in: {error.problem}. {error.remedy}.")
        return redirect("play", name)
    stayed = len(set(asked)) - count
    words = f"{count:,} put in."
    if stayed:
        words += f" {stayed:,} stayed out: already in, or the entry rule does not let them again."
    messages.success(request, words)
    return redirect("play_log", name)


@require_POST
@needs("plays.enrol")
def take_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one account or person out, with a reason."""
    row = get_object_or_404(Enrolment, pk=pk)
    try:
        switching.take_out(row, request.POST.get("why", ""), request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"Not taken out: the {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, "Taken out. What had not gone yet will not go.")
    return redirect("play_round", pk)
