"""The editor: a play as a form, saved as a version of its policy document."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify

from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint
from tenure.channels.settings import Numbers
from tenure.core import policy as policies
from tenure.core import roles
from tenure.core.roles import needs
from tenure.health.pages import sentences
from tenure.health.segments.pages import fields
from tenure.health.segments.pages.builder import Row
from tenure.health.segments.pages.editing import OPERATORS
from tenure.kit.pages.in_force import loaded
from tenure.plays import policy, words
from tenure.plays.pages import form, summary
from tenure.plays.pages.form import Raw
from tenure.plays.pages.writing import to_toml

TRIGGERS = (
    ("when", "An account begins to match a rule"),
    ("event", "Something happens"),
    ("absence", "Something does not happen"),
    ("date", "A date comes near, or passes"),
    ("schedule", "A time comes round"),
    ("inactive", "A person stays away"),
    ("streak", "A person’s streak is about to end"),
    ("manual", "Somebody puts accounts in by hand"),
)
BLANK: Raw = {
    "purpose": "help",
    "trigger": {"kind": "when"},
    "to": ["champion", "admin"],
    "entry": {"again": "once"},
    "goal": {"days": 30},
    "steps": [{"id": "mail", "kind": "mail"}],
}


@needs("plays.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new play, blank or as a copy of another."""
    if request.method == "POST":
        return _posted(request, None)
    source = request.GET.get("from", "")
    start = {**_raw(source), "title": f"{_raw(source)['title']} (copy)"} if source else BLANK
    return _form(request, None, start)


@needs("plays.edit")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change a play; who is inside finishes on the version they entered with."""
    if request.method == "POST":
        _text(name)
        return _posted(request, name)
    return _form(request, name, _raw(name))


def _text(name: str) -> str:
    try:
        return policies.text(policy.FAMILY + name)
    except SpecError as error:
        raise Http404(str(error)) from None


def _raw(name: str) -> Raw:
    return tomllib.loads(_text(name))


def _posted(request: HttpRequest, name: str | None) -> HttpResponse:
    do = request.POST.get("do", "save")
    raw = form.posted(dict(request.POST.lists()))
    if do != "save":
        return _form(request, name, form.changed(raw, do))
    target = name or _free_name(raw["title"])
    text = to_toml(raw)
    errors = policies.validate({policy.FAMILY + target: text})
    if errors:
        return _form(request, name, raw, errors)
    based_on = request.POST.get("based_on", "")
    expected = int(based_on) if name and based_on.isdigit() else None
    note = request.POST.get("note", "").strip() or ("Changed" if name else "Written")
    try:
        policies.save(policy.FAMILY + target, text, request.user, note, timezone.now(), expected)
    except SpecError as error:
        return _form(request, name, raw, [error])
    messages.success(request, "The play is saved." if name else "The play is saved. It is off.")
    return redirect("play", target)


def _free_name(title: str) -> str:
    base = re.sub(r"^[^a-z]+", "", slugify(title)).strip("-")[:60] or "play"
    taken, number, name = set(policy.names()), 2, base
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _form(
    request: HttpRequest, name: str | None, raw: Raw, errors: list[SpecError] | None = None
) -> HttpResponse:
    gate: Numbers = loaded(lambda: policies.load("channels"))
    trigger = raw.get("trigger") or {}
    kind = str(trigger.get("kind", "when"))
    goal = raw.get("goal") or {}
    context: dict[str, Any] = {
        "name": name,
        "document": policy.FAMILY + (name or ""),
        "raw": raw,
        "errors": [_told(e, raw) for e in errors or []],
        "based_on": request.POST.get("based_on")
        or (policy.version(name) if name else policies.PACKAGED),
        "note": request.POST.get("note", ""),
        "needs_text": "\n".join(raw.get("needs") or ()),
        "to_text": ", ".join(raw.get("to") or ()),
        "caps_text": "\n".join(form.cap_line(c) for c in raw.get("caps") or ()),
        "purposes": [(key, p.title, p.category) for key, p in gate.purposes.items()],
        "triggers": TRIGGERS,
        "whoms": summary.WHOM.items(),
        "trigger_kind": kind,
        "trigger_inputs": [
            (key, form.inputs(model, trigger if key == kind else {}, "trigger-"))
            for key, model in form.TRIGGERS.items()
        ],
        "audience": form.asked(raw.get("audience")),
        "exit": form.asked(raw.get("exit")),
        "goal": goal,
        "goal_rule": form.asked(goal.get("rule")),
        "entry": raw.get("entry") or {"again": "once"},
        "steps": [_step(step, index) for index, step in enumerate(raw.get("steps") or ())],
        "kinds": [(key, *summary.KINDS.get(key, (key, "circle"))) for key in form.STEPS],
        "lists": {
            "purposes": list(gate.purposes),
            "endpoints": list(Endpoint.objects.order_by("name").values_list("name", flat=True)),
            "roles": roles.names(),
            "step-names": [*(s.get("id", "") for s in raw.get("steps") or ()), "end"],
        },
        "variables": [*words.ALWAYS.items(), *words.SOMETIMES.items()],
        "groups": fields.groups(),
        "operators": [(op, sentences.OPERATORS[op]) for op in OPERATORS],
        "suggestions": fields.suggestions(),
        "blank": Row(),
    }
    return render(request, "plays/edit.html", context, status=422 if errors else 200)


def _step(raw: Raw, index: int) -> dict[str, Any]:
    kind = str(raw.get("kind", ""))
    title, icon = summary.KINDS.get(kind, (kind, "circle"))
    model = form.STEPS.get(kind)
    key = f"s{index}"
    return {
        "key": key,
        "index": index,
        "number": index + 1,
        "id": raw.get("id", ""),
        "kind": kind,
        "title": title,
        "icon": icon,
        "inputs": form.inputs(model, raw, f"{key}-") if model else [],
    }


def _told(error: SpecError, raw: Raw) -> dict[str, str]:
    """An error with the step it stands at named as the form names it."""
    place = str(error.key)
    match = re.match(r"steps\.(\d+)(?:\.(?:" + "|".join(form.STEPS) + r"))?\.?(.*)", place)
    if match:
        number = int(match[1])
        steps = raw.get("steps") or []
        name = steps[number].get("id", "") if number < len(steps) else ""
        place = f"Step {number + 1} “{name}” {match[2].replace('_', ' ')}".strip()
    return {"place": place, "problem": error.problem, "remedy": error.remedy}
