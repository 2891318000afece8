"""The learned model beside the rules: side by side, its card, its watch, who is champion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.analytics.prediction import booster
from tenure.analytics.prediction.features import CHANGE, SINCE
from tenure.core import jobs
from tenure.core.models import Job
from tenure.core.roles import needs
from tenure.health.job_kinds import TRAIN
from tenure.health.learned import card, models_kept
from tenure.health.learned.models_kept import CHAMPION
from tenure.health.models import AccountPrediction, LearnedModel
from tenure.health.pages import models_shown, signal_words
from tenure.health.pages.sketch import shown
from tenure.health.pages.validation.trials import interval

SHOWN = 12
ROLES = {
    "better": ("good", "circle-check"),
    "worse": ("bad", "ban"),
    "no_difference": ("none", "info-circle"),
    "one_signal": ("warn", "alert-triangle"),
    "weak": ("warn", "alert-triangle"),
    "does_not_predict": ("bad", "ban"),
    "inverted": ("bad", "ban"),
    "too_little_churn": ("none", "info-circle"),
}
STATES = {
    "champion": ("good", "Champion"),
    "challenger": ("warn", "Challenger"),
    "retired": ("none", "Retired"),
}


@needs("validation.view")
def page(request: HttpRequest, version: int | None = None) -> HttpResponse:
    """The model in use (or one version), or how to get the first."""
    if request.GET.get("was"):
        work = _work()
        if work["running"] is None:
            return HttpResponse(status=200, headers={"HX-Refresh": "true"})
        return render(request, "validation/_learned_work.html", {"work": work})
    row = models_kept.in_use()
    if version is not None:
        row = get_object_or_404(LearnedModel, version=version)
    context: dict[str, Any] = {
        "there": booster.is_there(),
        "work": _work(),
        "row": row,
        "kept": [
            {"row": r, "state": STATES[r.state], "h": _main(r.report)}
            for r in LearnedModel.objects.defer("body").order_by("-version")[:SHOWN]
        ],
        "numbers": models_kept.numbers(),
    }
    if row is not None:
        context |= _laid_out(row)
    return render(request, "validation/learned.html", context)


def _work() -> dict[str, Any]:
    job = Job.objects.filter(kind=TRAIN).order_by("-pk").first()
    running = job if job is not None and job.state in jobs.OPEN else None
    lines = job.error.strip().splitlines() if job is not None else []
    trouble = lines[-1].removeprefix("tenure.analytics.errors.SpecError: ") if lines else ""
    failed = job is not None and job.state == "failed"
    return {"running": running, "trouble": trouble, "failed": failed}


def _laid_out(row: LearnedModel) -> dict[str, Any]:
    told = card.card(row)
    role, icon = ROLES[row.verdict]
    days = told["verdict"]["days"]
    rules = told["rules"]["model"]
    return {
        "c": told,
        "verdict": {**told["verdict"], "role": role, "icon": icon},
        "state": STATES[row.state],
        "rules_title": models_shown.titles().get(rules, rules),
        "horizons": [_horizon(h) for h in told["horizons"]],
        "in_time": next((_in_time(h) for h in told["horizons"] if h["days"] == days), None),
        "chart": next(
            ({"points": h["calibration"]} for h in told["horizons"] if h["days"] == days), None
        ),
        "days": days,
        "importance": told["importance"][:SHOWN],
        "drifted": [d for d in told["drift"] if d["state"] != "ok"][:SHOWN],
        "drift_of": len(told["drift"]),
        "gone": [n for n in told["needs"] if not n["there"]],
        "groups": _groups(told["needs"]),
        "watch": _watched(told["watch"]),
        "evidence": _evidence(next(h for h in told["horizons"] if h["days"] == days)),
        "suspects": _suspects(told["suspects"]),
        "survival_words": interval(told["survival"]["auc"]),
    }


def _main(report: dict[str, Any]) -> dict[str, Any]:
    days = report["verdict"]["days"]
    return _horizon(next(h for h in report["horizons"] if h["days"] == days))


def _horizon(told: dict[str, Any]) -> dict[str, Any]:
    return {
        **told,
        "rules_auc": interval(told["rules"]["auc"]),
        "learned_auc": interval(told["learned"]["auc"]),
        "difference_words": interval(told["difference"], sign=True),
    }


def _evidence(told: dict[str, Any]) -> dict[str, Any]:
    """What it was held against besides the rules."""
    alike, ends = told["contract"]["alike"], told["contract"]["can_end"]
    return {
        "way": told["way_words"],
        "opponents": [
            {
                "title": o["title"],
                "auc": interval(o["auc"]) if o["known"] else "not known here",
                "difference": interval(o["difference"], sign=True),
            }
            for o in told["opponents"]
        ],
        "alike": alike and _sides(alike),
        "can_end": ends and {**_sides(ends), "churned": ends["churned_accounts"]},
    }


def _sides(told: dict[str, Any]) -> dict[str, str]:
    return {side: interval(told[side]) for side in ("rules", "learned")}


def _suspects(told: dict[str, Any]) -> dict[str, Any]:
    heavy = told["heavy"]
    return {
        "values": told["values"],
        "heavy": heavy
        and {**heavy, "with": interval(heavy["with"]), "without": interval(heavy["without"])},
    }


def _in_time(told: dict[str, Any]) -> dict[str, Any] | None:
    if (row := told.get("in_time")) is None:  # learned before this was told
        return None
    return {
        "rules_auc": interval(row["rules"]),
        "learned_auc": interval(row["learned"]),
        "difference_words": interval(row["difference"], sign=True),
    }


def _groups(needs_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, list[float]] = {}
    for need in needs_:
        found.setdefault(need["group"] or "Other", []).append(need["known"])
    return [
        {"group": group, "signals": len(known), "known": sum(known) / len(known)}
        for group, known in sorted(found.items(), key=lambda x: -len(x[1]))
    ]


def _watched(watch: dict[str, Any]) -> dict[str, Any]:
    if not watch.get("dates"):
        return {"dates": 0}
    return {
        **watch,
        "learned_words": interval(watch["learned"]),
        "rules_words": interval(watch["rules"]),
    }


@require_POST
@needs("validation.run")
def train(request: HttpRequest) -> HttpResponse:
    """Ask for a model to be learned."""
    try:
        models_kept.ask(now=timezone.now(), by=request.user)
    except SpecError as error:
        messages.error(request, f"{error.problem}. {error.remedy}")
    return redirect("validation_learned")


@require_POST
@needs("policy.edit")
def decide(request: HttpRequest, version: int) -> HttpResponse:
    """Make a version the champion, or go back to the rules."""
    row = get_object_or_404(LearnedModel, version=version)
    now = timezone.now()
    if row.state == CHAMPION:
        models_kept.demote(row, request.user, now=now)
        messages.success(request, "The rules decide again; the learned model is a challenger.")
    else:
        models_kept.promote(row, request.user, now=now)
        messages.success(request, f"Version {version} is the champion from the next scoring on.")
    return redirect("validation_learned")


def panel(found: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """What the learned model says of an account, with reasons in the words of the signals."""
    told = AccountPrediction.objects.select_related("learned").filter(account=found).first()
    if told is None:
        return {"told": None}
    row, registry = told.learned, signal_words.registry()
    days = int(row.report["policy"]["events"]["days"])
    most = max((abs(r["adds"]) for r in told.reasons), default=1)
    return {
        "told": told,
        "champion": row.state == CHAMPION,
        "days": row.report["verdict"]["days"],
        "chances": told.chances.items(),
        "stays": told.survival[-1] if told.survival else None,
        "reasons": [
            {
                "title": card.title_of(r["source"], r["part"], registry, days),
                "value": _value(r, found.currency),
                "raises": r["adds"] > 0,
                "width": 100 * abs(r["adds"]) / most,
            }
            for r in told.reasons
        ],
    }


def _value(reason: dict[str, Any], currency: str) -> str:
    value = reason["value"]
    if value is None:
        return "not known"
    if reason["part"] == CHANGE:
        return shown(value, "change")
    if reason["part"] == SINCE:
        return shown(round(value), "days")
    if reason["part"]:
        return shown(value)
    return signal_words.shown(reason["source"], value, currency)


def has_one(found: Account) -> bool:
    """Whether there is something to say of the account."""
    return AccountPrediction.objects.filter(account=found).exists()
