"""What each panel of an account's page shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_datetime

from tenure.accounts.models import Account, Person
from tenure.analytics.signals.explain import signal_facts
from tenure.analytics.signals.words import describe
from tenure.analytics.tables import TABLES
from tenure.facts import lake, queries
from tenure.health import explanations
from tenure.health import queries as health
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, models_shown, signal_words
from tenure.web.accounts import timeline_words
from tenure.web.accounts.override_form import OverrideForm

Context = dict[str, Any]
ROLE_ORDER = ("champion", "economic_buyer", "executive_sponsor", "admin", "contact", "end_user")
SHORT = 6
FACTS = 25


def model_asked(request: HttpRequest) -> str:
    """The model the address names, or the default."""
    return request.GET.get("model") or models_shown.default()


def _score(account: Account, request: HttpRequest) -> AccountHealth | None:
    return AccountHealth.objects.filter(account=account, model=model_asked(request)).first()


def trend(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """Health over time: every score of the lake, else the short trend of the latest one."""
    model = model_asked(request)
    history = [(h["as_of"], h["health"]) for h in health.account_history(account.pk, model)]
    if len(history) < 2:
        score = _score(account, request)
        history = score.trend if score else []
    points = [(str(day)[:10], round(value, 1)) for day, value in history if value is not None]
    chart = {
        "days": [day for day, _ in points],
        "health": [value for _, value in points],
        "bands": [{"min": b.min, "title": b.title, "color": b.color} for b in bands.all_of(model)],
    }
    return {"chart": chart, "points": points[::-1]}


def signals(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """Every signal with its value and course; those of the model first."""
    score = _score(account, request)
    if score is None:
        return {"groups": []}
    used = [s["signal"] for d in explanations.of_row(score)["dimensions"] for s in d["signals"]]
    lines = {name: _signal(name, score, account.currency) for name in score.signals}
    first = [lines[name] for name in dict.fromkeys(used) if name in lines]
    rest = sorted((x for n, x in lines.items() if n not in used), key=lambda x: x["title"])
    known = [x for x in rest if x["value"] != "–"]
    return {"first": first, "rest": known, "as_of": score.as_of}


def _signal(name: str, score: AccountHealth, currency: str) -> Context:
    spec = signal_words.find(name)
    return {
        "name": name,
        "title": spec.title if spec else signal_words.title(name),
        "description": spec.description if spec else "",
        "value": signal_words.shown(name, score.signals[name], currency),
        "trend": score.signal_trend.get(name),
    }


def signal(account: Account, request: HttpRequest, now: datetime) -> Context:
    """What is behind one signal: how it is counted, and the facts that were counted."""
    name, known = request.GET.get("signal", ""), signal_words.registry()
    spec = known.signals.get(name)
    if spec is None:
        raise Http404("there is no such signal")
    score = _score(account, request)
    as_of = score.as_of if score else now
    facts = signal_facts(lake.current().dataset(TABLES), known, name, account.pk, as_of, FACTS)
    value = score.signals.get(name) if score else None
    shown = sorted(facts.to_pylist(), key=lambda f: f["time"], reverse=True)[:FACTS]
    names = _names(fact["person_id"] for fact in shown)
    return {
        "name": name,
        "spec": spec,
        "how": describe(name, spec, known),
        "value": signal_words.shown(name, value, account.currency),
        "facts": [{**fact, "who": names.get(fact["person_id"] or "", "")} for fact in shown],
        "as_of": as_of,
    }


def timeline(account: Account, request: HttpRequest, now: datetime) -> Context:
    """Facts, newest first; ``kind`` narrows, ``before`` goes on from where the last page ended."""
    kind, asked = request.GET.get("kind", ""), request.GET.get("before", "")
    before = _moment(asked) or now + timedelta(days=1)
    kinds = [kind] if kind in {k.table for k in queries.TIMELINE} else []
    entries = queries.timeline(account.pk, before, kinds, limit=30)
    return {
        "entries": timeline_words.lines(entries, _names(e.row.get("person_id") for e in entries)),
        "kinds": queries.TIMELINE,
        "kind": kind,
        "next": entries[-1].at.isoformat() if len(entries) >= 30 else "",
        "more": bool(asked),
    }


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _names(ids: Iterable[str | None]) -> dict[str, str]:
    found = Person.objects.filter(pk__in={i for i in ids if i}).only("name", "email")
    return {person.pk: str(person) for person in found}


def people(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """Who is who on the customer's side: the roles that matter first, those who left last."""
    order = F("person__last_seen_at").desc(nulls_last=True)
    rows = account.memberships.select_related("person").order_by(order)[:500]
    ranked = sorted(rows, key=lambda m: (m.left_at is not None, _rank(m.role)))
    return {"people": ranked[:SHORT], "others": ranked[SHORT:], "total": len(ranked)}


def _rank(role: str) -> int:
    return ROLE_ORDER.index(role) if role in ROLE_ORDER else len(ROLE_ORDER)


def subscriptions(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """What the account pays for, and used to."""
    rows = queries.rows_now("subscriptions", account.pk, now)
    rows = [{**r, "shown": r["state"].replace("_", " ")} for r in rows]
    running = [r for r in rows if r["finished_at"] is None]
    ended = [r for r in rows if r not in running]
    return {"running": running, "ended": ended[:SHORT]}


def tickets(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """Open tickets first."""
    rows = queries.rows_now("tickets", account.pk, now, limit=200)
    rows.sort(key=lambda r: r["resolved_at"] is not None)
    still_open = sum(1 for r in rows if r["resolved_at"] is None)
    return {"tickets": rows[:SHORT], "open": still_open, "total": len(rows)}


def responses(account: Account, request: HttpRequest, now: datetime) -> Context:  # noqa: ARG001
    """Answers to surveys, newest first."""
    rows = queries.rows_now("responses", account.pk, now, limit=50)
    return {"responses": rows[:SHORT], "total": len(rows)}


def overrides(account: Account, request: HttpRequest, now: datetime) -> Context:
    """Judgements of colleagues: the one in force, and earlier ones."""
    rows = health.overrides(account.pk, model_asked(request))[:20]
    live = [r for r in rows if r.ended_at is None and r.expires_at > now]
    past = [r for r in rows if r not in live]
    return {"live": live, "past": past, "override_form": OverrideForm()}
