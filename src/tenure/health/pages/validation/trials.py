"""Trials: a changed model on history, and proposals of better weights; adopted by a person."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.analytics.health.bands import Band
from tenure.core import jobs, policy
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.health import policy as health
from tenure.health import proposals, trials
from tenure.health.job_kinds import TRIAL
from tenure.health.models import Trial
from tenure.health.pages import bands, chosen, models_shown
from tenure.kit.pages import formats
from tenure.kit.pages.diff import diff_lines

KEPT, NAMED, MISSED = 50, 12, 12
VERDICTS = {
    "better": ("good", "circle-check", "Predicts better"),
    "worse": ("bad", "ban", "Predicts worse"),
    "no_difference": ("none", "info-circle", "No difference shown"),
    "too_little_churn": ("none", "info-circle", "Too little churn"),
}
STATES = {"waiting": ("warn", "Waiting"), "failed": ("bad", "Could not be tried")}


@needs("validation.view")
def listed(request: HttpRequest) -> HttpResponse:
    """All trials, latest first."""
    titles = models_shown.titles()
    rows = [
        {"trial": t, "title": titles.get(t.name, t.name), "pill": _pill(t)}
        for t in trials.trials()[:KEPT]
    ]
    return render(request, "validation/trials.html", {"rows": rows})


def _pill(trial: Trial) -> tuple[str, str]:
    if trial.state != "done":
        return STATES[trial.state]
    role, _, short = VERDICTS[trial.verdict]
    return role, short


@require_POST
@needs("validation.run")
def propose(request: HttpRequest) -> HttpResponse:
    """Ask for a proposal for the model shown."""
    trial = proposals.ask(chosen.model(request), now=timezone.now(), by=request.user)
    return redirect("validation_trial", trial.pk)


@needs("validation.view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One trial: how far it is, or what came out."""
    trial = get_object_or_404(Trial, pk=pk)
    if request.GET.get("was"):
        if trial.state != "waiting":
            return HttpResponse(status=200, headers={"HX-Refresh": "true"})
        return render(request, "validation/_trial_work.html", _work(trial))
    title = models_shown.titles().get(trial.name, trial.name)
    context: dict[str, Any] = {
        "trial": trial,
        "title": title,
        "against": models_shown.titles().get(trial.against, trial.against),
        **_work(trial),
    }
    if trial.state == "done":
        context |= _laid_out(trial)
    return render(request, "validation/trial.html", context)


def _work(trial: Trial) -> dict[str, Any]:
    job = Job.objects.filter(kind=TRIAL, key=str(trial.pk)).order_by("-pk").first()
    running = job if job is not None and job.state in jobs.OPEN else None
    lines = job.error.strip().splitlines() if job is not None else []
    return {"trial": trial, "running": running, "trouble": lines[-1] if lines else ""}


def _laid_out(trial: Trial) -> dict[str, Any]:
    told = trial.result["replay"]
    role, icon, _ = VERDICTS[trial.verdict]
    known = _bands(trial)
    name = health.MODELS + trial.name
    before = policy.text(health.MODELS + trial.against)
    diff = policy.diff_texts(name, before, trial.body, "in force", "tried")
    current = policy.version(name) if trial.name in health.model_names() else 0
    return {
        "r": told,
        "verdict": {**told["verdict"], "role": role, "icon": icon},
        "horizons": [_horizon(h) for h in told["horizons"]],
        "moves": [_move(m, known) for m in told["moves"] if m["before"] != m["after"]],
        "sides": [("In force", told["alarms"]["old"]), ("Changed", told["alarms"]["new"])],
        "lists": [
            ("gained", "Churned, and only the change had flagged them", told["gained"]),
            ("lost", "Churned, and only the model in force had flagged them", told["lost"]),
        ],
        "named": NAMED,
        "nearest": min(h["days"] for h in told["horizons"]),
        "levels": " or ".join(health.validation_policy().flagged_levels),
        "missed": [_missed(m) for m in trial.result.get("missed", [])[:MISSED]],
        "weights": [_weight(w) for w in trial.result.get("weights", [])],
        "learned": trial.result.get("learned"),
        "lines": diff_lines(diff),
        "stale": trial.adopted_version is None and current != trial.based_on,
        "in_force": trial.adopted_version is not None and trial.adopted_version == current,
    }


def _bands(trial: Trial) -> dict[str, Band]:
    found = {b.name: b for b in bands.all_of(trial.against)}
    try:
        return found | {b.name: b for b in trials.candidate(trial.name, trial.body).bands}
    except SpecError:  # what it refers to is gone since
        return found


def _move(move: dict[str, Any], known: dict[str, Band]) -> dict[str, Any]:
    sides = [known.get(move[s] or "", bands.UNKNOWN) for s in ("before", "after")]
    return {"before": sides[0], "after": sides[1], "accounts": move["accounts"]}


def _horizon(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **told,
        "old_words": interval(told["old"]),
        "new_words": interval(told["new"]),
        "difference_words": interval(told["difference"], sign=True),
        "caught_before": told["caught_by_both"] + told["caught_only_before"],
        "caught_after": told["caught_by_both"] + told["caught_only_after"],
    }


def _weight(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "words": interval(told["effect"], sign=True)}


def _missed(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "words": interval(told["well"]), "all_words": interval(told["all"])}


def interval(part: dict[str, Any], sign: bool = False) -> str:
    """An estimate with its interval, in words."""
    if part["value"] is None:
        return formats.NOTHING
    form = "+.3f" if sign else ".2f"
    if part["low"] is None:
        return format(part["value"], form)
    return f"{part['value']:{form}} ({part['low']:{form}} to {part['high']:{form}})"


@require_POST
@needs("policy.edit")
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the tried text in force."""
    trial = get_object_or_404(Trial, pk=pk)
    note = request.POST.get("note", "").strip()
    try:
        number = trials.adopt(trial, request.user, note, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"{error.key} {error.problem}: {error.remedy}.")
    else:
        messages.success(request, f"Version {number} is in force. The next scoring uses it.")
    return redirect("validation_trial", pk)


@require_POST
@needs("policy.edit")
def back(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the text in force again over which the trial was adopted."""
    trial = get_object_or_404(Trial, pk=pk)
    name = health.MODELS + trial.name
    try:
        note = f"back from trial {trial.pk}"
        number = policy.rollback(name, trial.based_on, request.user, note, timezone.now())
    except SpecError as error:
        messages.error(request, f"{error.key} {error.problem}: {error.remedy}.")
    else:
        messages.success(request, f"Version {number} is in force: the text from before the trial.")
    return redirect("validation_trial", pk)
