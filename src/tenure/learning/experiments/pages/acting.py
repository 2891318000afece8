"""Planning, starting, looking at and stopping an experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tenure.accounts.models import Segment
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.health import policy as health
from tenure.learning.experiments import actions, measuring

_TEXTS = (
    "key",
    "title",
    "hypothesis",
    "metric",
    "effect",
    "weeks",
    "treated",
    "share",
    "segment",
    "guardrails",
)
_USUAL = {"metric": measuring.STAYED, "weeks": "6", "treated": "treated", "share": "50"}


@require_http_methods(["GET", "HEAD", "POST"])
@needs("experiments.edit")
def new(request: HttpRequest) -> HttpResponse:
    """The question, with what it needs reckoned before it is kept."""
    given = {n: request.POST.get(n, _USUAL.get(n, "")).replace("\x00", "")[:2000] for n in _TEXTS}
    given["lower"] = request.POST.get("lower", "")
    given["watched"] = request.POST.get("watched", "")
    context: dict[str, Any] = {"given": given, **_choices()}
    if request.method == "POST":
        now = timezone.now()
        try:
            asked = _asked(given)
            if "keep" in request.POST:
                made = actions.make(asked, request.user, now=now)
                messages.success(request, "Kept. Start it when everything is ready.")
                return redirect("experiment", made.key)
            context["plan"] = actions.reckon(asked, now)
        except SpecError as error:
            context["fault"] = f"{error.key.capitalize()} {error.problem}; {error.remedy}."
    return render(request, "experiments/new.html", context, status=_status(context))


def _status(context: dict[str, Any]) -> int:
    return 422 if "fault" in context else 200


def _choices() -> dict[str, Any]:
    signals = health.registry().signals
    named = sorted(((f"signal:{n}", s.title) for n, s in signals.items()), key=lambda p: p[1])
    return {
        "metrics": [(measuring.STAYED, "Stayed a customer"), *named],
        "segments": Segment.objects.order_by("title").values_list("name", "title"),
    }


def _asked(given: dict[str, str]) -> actions.ExperimentPlan:
    share = _number(given["share"], "share") / 100
    if not 0 < share < 1:
        raise SpecError("experiment", "share", "must lie between 0 and 100 %", "give 50, say")
    guards = [line.strip() for line in given["guardrails"].splitlines() if line.strip()]
    return actions.ExperimentPlan(
        key=given["key"].strip(),
        title=given["title"],
        hypothesis=given["hypothesis"],
        metric=given["metric"],
        effect=_number(given["effect"], "effect"),
        days=7 * int(_number(given["weeks"], "weeks")),
        arms={"control": 1 - share, given["treated"].strip() or "treated": share},
        segment=given["segment"],
        higher_is_better=not given["lower"],
        guardrails={g.removesuffix(":lower"): not g.endswith(":lower") for g in guards},
        watched=bool(given["watched"]),
    )


def _number(text: str, name: str) -> float:
    try:
        found = float(text.strip().replace(",", "."))
    except ValueError:
        raise SpecError("experiment", name, f"{text!r} is no number", "give a number") from None
    if not -1e9 < found < 1e9:
        raise SpecError("experiment", name, "is out of range", "give a smaller number")
    return found


@require_POST
@needs("experiments.edit")
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Draw the arms."""
    return _act(
        request,
        key,
        "It runs: the arms are drawn.",
        lambda: actions.start(key, request.user, now=timezone.now()),
    )


@require_POST
@needs("experiments.edit")
def look(request: HttpRequest, key: str) -> HttpResponse:
    """Look, and keep what was seen."""
    return _act(
        request,
        key,
        "Looked at, and kept.",
        lambda: actions.look(key, request.user, now=timezone.now()),
    )


@require_POST
@needs("experiments.edit")
def stop(request: HttpRequest, key: str) -> HttpResponse:
    """End it with what was learned."""
    learned = request.POST.get("learned", "").replace("\x00", "")[:4000]
    return _act(
        request,
        key,
        "Over, and archived.",
        lambda: actions.stop(key, learned, request.user, now=timezone.now()),
    )


def _act(request: HttpRequest, key: str, well: str, do: Callable[[], object]) -> HttpResponse:
    try:
        do()
    except SpecError as error:
        messages.error(request, f"Nothing changed: {error.key} {error.problem}; {error.remedy}.")
    else:
        messages.success(request, well)
    return redirect("experiment", key)
