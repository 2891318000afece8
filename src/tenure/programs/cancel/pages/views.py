"""The team's pages: what was saved, the visits, one of them, and what waits for billing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts import segments
from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.programs.cancel import documents, fulfilment, queries
from tenure.programs.cancel.finding import VisitFilter, matching
from tenure.programs.cancel.pages.filters import SPANS, query, read
from tenure.programs.cancel.saves import Group
from tenure.programs.cancel.settings import Settings

TABS = (
    ("Saves", "cancel_flow"),
    ("Visits", "cancel_visits"),
    ("Waiting", "cancel_waiting"),
    ("Builder", "cancel_builder"),
)
OUTCOMES = {
    "saved": ("offer taken", "good"),
    "kept": ("stayed as is", "ok"),
    "abandoned": ("left undecided", "none"),
    "cancelled": ("cancelled", "bad"),
    "": ("open", "accent"),
}
STATES = {
    "waiting": ("waits for billing", "warn"),
    "done": ("done", "good"),
    "refused": ("refused by billing", "bad"),
    "dropped": ("dropped", "none"),
    "undone": ("taken back", "none"),
}
ACTS = {
    "coupon": "Discount",
    "coupon_end": "End of a discount",
    "pause": "Pause",
    "plan": "Change of plan",
    "cancel": "Cancellation",
    "resume": "End of the pause",
}
MOST = 500


def tabs(current: str) -> list[dict[str, object]]:
    """The tabs of these pages; what waits is counted."""
    count = len(queries.waiting())
    return [
        {
            "title": t,
            "url": reverse(n),
            "current": n == current,
            **({"count": count} if n == "cancel_waiting" and count else {}),
        }
        for t, n in TABS
    ]


@needs("cancel.view")
def page(request: HttpRequest) -> HttpResponse:
    """What the flow achieved, and whether it lasted."""
    now, numbers = timezone.now(), documents.current()
    ask, span = read(request.GET.dict(), now)
    found = queries.figures(ask, now)
    context = {
        "tabs": tabs("cancel_flow"),
        "on": numbers.running.on,
        "f": found,
        "span": span,
        "spans": SPANS,
        "ask": ask,
        "query": query(ask, span),
        "targets": numbers.targets,
        "undecided": found.kept + found.abandoned,
        "status": _status(found.rate.value, *numbers.targets.save_rate),
        "returned": _status(found.returned.value, *numbers.targets.returned),
        "groups": [_told(name, rows, ask, span, numbers) for name, rows in found.groups.items()],
        "split": queries.split_test(now),
        "numbers": numbers,
        "judged_after": numbers.counting.judged_days,
        "links": {o: query(ask, span, outcome=o) for o in OUTCOMES if o},
        "any": bool(found.visits) or matching(VisitFilter()).exists(),
    }
    return render(request, "cancel/saves.html", context)


def _status(value: float | None, low: float, high: float) -> tuple[str, str]:
    if value is None:
        return "none", "no data yet"
    if value < low:
        return "bad", "below target"
    return ("good", "on target") if value <= high else ("good", "above target")


def _told(
    name: str, rows: tuple[Group, ...], ask: VisitFilter, span: str, numbers: Settings
) -> dict[str, Any]:
    titles = titles_of(name, numbers)
    return {
        "name": name,
        "rows": [
            {
                "g": g,
                "title": titles.get(g.key, g.key),
                "links": {
                    o or "all": query(ask, span, **{name: g.key, "outcome": o})
                    for o in ("", "saved", "cancelled")
                },
            }
            for g in rows[:20]
        ],
    }


def titles_of(name: str, numbers: Settings) -> dict[str, str]:
    """How the values of reason, offer and segment are called."""
    first = numbers.languages[0]
    if name == "reason":
        return {r.name: r.text[first] for r in numbers.reasons}
    if name == "segment":
        return segments.titles()
    return {o.name: o.name.replace("_", " ") for o in numbers.offers} if name == "offer" else {}


@needs("cancel.view")
def visits(request: HttpRequest) -> HttpResponse:
    """The visits behind a number, or all of them."""
    now, numbers = timezone.now(), documents.current()
    ask, span = read(request.GET.dict(), now)
    gone = request.GET.get("gone", "")
    count = matching(ask).count()
    rows = queries.listed(ask, MOST)
    if gone:
        wanted = {r.pk for r in queries.ended(ask, now) if r.outcome != "cancelled" and r.gone(now)}
        rows = [r for r in rows if r["id"] in wanted]
        count = len(rows)
    titles = titles_of("reason", numbers)
    for row in rows:
        row["pill"] = OUTCOMES[row["outcome"]]
        row["why"] = titles.get(row["reason"], row["reason"])
    context = {
        "tabs": tabs("cancel_visits"),
        "rows": rows,
        "count": count,
        "most": MOST,
        "ask": ask,
        "span": span,
        "spans": SPANS,
        "gone": gone,
        "outcomes": [(k or "open", t) for k, (t, _) in OUTCOMES.items()],
        "reasons": [*titles.items(), ("not said", "not said")],
        "filtered": bool(query(ask, "").removeprefix("span=").strip("&") or gone),
        "any": matching(VisitFilter()).exists(),
    }
    return render(request, "cancel/visits.html", context)


@needs("cancel.view")
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """One visit: what was said, offered and done."""
    found = queries.detail(pk)
    if found is None:
        raise Http404("there is no such visit")
    numbers = documents.current()
    reason = titles_of("reason", numbers).get(found["reason"], found["reason"])
    context = {
        "v": found,
        "reason": reason,
        "pill": OUTCOMES[found["outcome"]],
        "acts": [_act(a) for a in found["acts"]],
        "known": Account.objects.filter(pk=found["account_id"]).exists(),
    }
    return render(request, "cancel/visit.html", context)


def _act(act: dict[str, Any]) -> dict[str, Any]:
    undone = (
        act["state"] in ("waiting", "done") and not act["undoes_id"] and act["what"] != "resume"
    )
    return {
        **act,
        "title": ACTS.get(act["what"], act["what"]),
        "pill": STATES[act["state"]],
        "can_undo": undone,
    }


@needs("cancel.view")
def waiting(request: HttpRequest) -> HttpResponse:
    """What billing has not done yet, and what it will not do."""
    acts = queries.waiting()
    names = queries.names_of([a["account_id"] for a in acts])
    rows = [
        {
            "act": a,
            "title": ACTS.get(a["what"], a["what"]),
            "pill": STATES[a["state"]],
            "account": names.get(a["account_id"], a["account_id"]),
        }
        for a in acts
    ]
    context = {"tabs": tabs("cancel_waiting"), "rows": rows}
    return render(request, "cancel/waiting.html", context)


@require_POST
@needs("cancel.handle")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a refused act tried again."""
    now = timezone.now()
    try:
        act = fulfilment.try_again(pk, request.user, now=now)
    except SpecError as error:
        messages.error(request, f"Not tried: the act {error.problem}; {error.remedy}.")
        return redirect("cancel_waiting")
    if act.state == "done":
        messages.success(request, "Done.")
    else:
        messages.error(request, f"Not done: {act.detail}")
    return redirect("cancel_visit", int(act.subject))


@require_POST
@needs("cancel.handle")
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo in billing what was done, for a reason; what waits is not done."""
    now = timezone.now()
    try:
        act = fulfilment.take_back(pk, request.POST.get("why", ""), request.user, now=now)
    except SpecError as error:
        messages.error(request, f"Not taken back: the {error.key} {error.problem}; {error.remedy}.")
        return redirect("cancel_visits")
    if act.state in ("done", "dropped"):
        messages.success(request, "Taken back.")
    elif act.state == "waiting":
        messages.warning(request, "Billing does not answer: it is taken back as soon as it does.")
    else:
        messages.error(request, f"Not taken back: {act.detail}")
    return redirect("cancel_visit", int(act.subject))


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """The visits of an account, for its page."""
    titles = titles_of("reason", documents.current())
    rows = queries.of_account(account.pk)[:6]
    return {
        "visits": [
            {**r, "pill": OUTCOMES[r["outcome"]], "why": titles.get(r["reason"], r["reason"])}
            for r in rows
        ]
    }
