"""The Portfolio page: who has how much, who is owed what, and who has nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts import segments
from tenure.analytics.errors import SpecError
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.work.portfolio import actions, queries
from tenure.work.portfolio.assigning import FULL, RULE
from tenure.work.portfolio.overdue_touches import Due, TouchStatus
from tenure.work.portfolio.queries import View

TABS = (("Portfolio", "portfolio"), ("Hand-offs", "hand_offs"))
MOST_OWED = 1000
PLAN_SHOWN = 50
WHY = {RULE: "by rule", FULL: "everybody is full"}


def tabs(current: str) -> list[dict[str, object]]:
    """The tabs of these pages."""
    return [{"title": t, "url": reverse(n), "current": n == current} for t, n in TABS]


@needs("portfolio.view")
def page(request: HttpRequest) -> HttpResponse:
    """Everything of the portfolio, or how to begin."""
    found, names = queries.view(timezone.now()), _names()
    titles = segments.titles()
    shown = MOST_OWED if "all" in request.GET else found.policy.tasks.owed_shown
    there = queries.open_keys()
    context = {
        "tabs": tabs("portfolio"),
        "view": found,
        "any": bool(found.customers),
        "tiered": any(c.tier for c in found.customers),
        "surprised": sum(s.surprised for s in found.standings),
        "owed": [_owed(found, s, due, names, titles, there) for s, due in found.late[:shown]],
        "owed_total": len(found.late),
        "loads": [_load(found, load, names) for load in found.loads],
        "waiting": _waiting(found, names, titles),
        "tiers": [{"cost": t, "title": titles.get(t.tier, "No tier")} for t in found.costs],
    }
    return render(request, "portfolio/page.html", context)


def _names() -> dict[str, str]:
    return {user.email: str(user) for user in User.objects.all()}


def _owed(
    found: View,
    standing: TouchStatus,
    due: Due,
    names: dict[str, str],
    titles: dict[str, str],
    there: set[str],
) -> dict[str, Any]:
    one = standing.customer
    return {
        "account": one,
        "tier": titles.get(one.tier, one.tier),
        "due": due,
        "days": due.late_days(found.now),
        "by": names.get(one.owner, one.owner) if due.by == "owner" else due.by.replace("_", " "),
        "surprised": standing.surprised,
        "pair": f"{due.touch}:{one.id}",
        "open": queries.task_key(one.id, due.touch) in there,
    }


def _load(found: View, load: Any, names: dict[str, str]) -> dict[str, Any]:
    share = min(load.share, 99.0)
    role = "bad" if load.over else ("warn" if share > 0.9 else "good")
    return {
        "load": load,
        "name": names.get(load.mail, load.mail),
        "known": load.mail in names,
        "percent": 100 * share,
        "role": role,
        "spent": found.spent.get(load.mail, 0.0),
        "values": sorted(found.values.get(load.mail, {}).items()),
    }


def _waiting(found: View, names: dict[str, str], titles: dict[str, str]) -> dict[str, Any]:
    plan = found.plan
    rows = [
        {
            "account": g.account,
            "tier": titles.get(g.account.tier, g.account.tier),
            "owner": names.get(g.owner, g.owner),
            "why": WHY.get(g.why, ""),
            "full": g.why == FULL,
        }
        for g in plan.given[:PLAN_SHOWN]
    ]
    return {
        "plan": plan,
        "rows": rows,
        "total": len(found.waiting),
        "more": len(plan.given) - len(rows),
        "left": plan.left,
        "full": sum(g.why == FULL for g in plan.given),
    }


@require_POST
@needs("portfolio.edit")
def open_tasks(request: HttpRequest) -> HttpResponse:
    """A task for each ticked touch, for the one beside the button, or for all that are owed."""
    wanted = request.POST.getlist("owed")
    if one := request.POST.get("one"):
        wanted = [one]
    only = None if request.POST.get("all") else {_pair(text) for text in wanted}
    new = actions.open_owed(request.user, now=timezone.now(), only=only)
    if new:
        messages.success(request, f"{new} task{'s' if new > 1 else ''} opened.")
    else:
        messages.info(request, "No task was opened: nothing was ticked, or they are open already.")
    return redirect("portfolio")


def _pair(text: str) -> tuple[str, str]:
    touch, _, account = text.partition(":")
    return account, touch


@require_POST
@needs("portfolio.edit")
def assign(request: HttpRequest) -> HttpResponse:
    """Give the accounts an owner as the preview said."""
    try:
        plan = actions.assign(request.POST.get("digest", ""), request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"Nothing was assigned. The plan {error.problem}; {error.remedy}.")
    else:
        n = len(plan.given)
        messages.success(request, f"{n} account{'s have' if n != 1 else ' has'} an owner now.")
    return redirect("portfolio")
