"""A person's data: handed out or erased on request, and the record that it was done."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tenure.accounts.models import Person
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.facts import erasure, splitting
from tenure.facts.models import Erasure
from tenure.facts.pages import tabs

RECENT = 100


@needs("people.export")
def page(request: HttpRequest) -> HttpResponse:
    """Look a person up, then export or erase; below, the record of what was done."""
    return _page(request, request.GET.get("person", "").replace("\x00", "").strip())


def _page(
    request: HttpRequest, person: str, problem: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    match = Q(pk=person) | Q(email__iexact=person)
    found = Person.objects.filter(match).prefetch_related("memberships__account") if person else []
    context = {
        "tabs": tabs.of(request, "facts_people"),
        "person": person,
        "found": found,
        "joins": [j for one in _ids(person, found) for j in splitting.joined(one)],
        "splits": [s for one in _ids(person, found) for s in splitting.splits(one)],
        "problem": problem,
        "typed": typed,
        "records": [_shown(r) for r in Erasure.objects.order_by("-pk")[:RECENT]],
    }
    return render(request, "privacy/people.html", context, status=status)


def _ids(person: str, found: Iterable[Person]) -> list[str]:
    """The ids a look-up is about: what was typed is one, or the mail address of some."""
    ids = sorted({one.pk for one in found})
    return ids or ([person] if person else [])


def _shown(record: Erasure) -> dict[str, Any]:
    counts = {k: v for k, v in record.counts.items() if isinstance(v, int) and v}
    words = [f"{v:,} {k.replace('_', ' ')}" for k, v in counts.items()]
    return {"record": record, "counts": ", ".join(words)}


@require_POST
@needs("people.export")
def export(request: HttpRequest) -> HttpResponse:
    """Everything known of the person, as a JSON file."""
    person = request.POST.get("person", "").strip()
    if not person:
        return _page(request, "", "Say whose data: an id or a mail address.", status=422)
    found = erasure.export_person(person, request.user, timezone.now())
    text = json.dumps(found, indent=2, ensure_ascii=False)
    headers = {"Content-Disposition": 'attachment; filename="person.json"'}
    return HttpResponse(text, content_type="application/json; charset=utf-8", headers=headers)


@require_POST
@needs("people.erase")
def erase(request: HttpRequest) -> HttpResponse:
    """Erase the person, once their id was typed a second time."""
    person, typed = request.POST.get("person", "").strip(), request.POST.get("typed", "").strip()
    if not person or typed != person:
        problem = "What was typed is not the same; nothing was erased."
        return _page(request, person, problem, typed, 422)
    try:
        record = erasure.erase_person(person, request.user, timezone.now())
    except SpecError as error:
        return _page(request, person, f"{error.key} {error.problem}: {error.remedy}.", typed, 422)
    counts = _shown(record)["counts"]
    if counts:
        messages.success(request, f"Erased, and recorded without the name: {counts}.")
    else:
        messages.warning(request, "Nothing was known of this person. The request is recorded.")
    return redirect("facts_people")


@require_POST
@needs("facts.repair")
def split(request: HttpRequest) -> HttpResponse:
    """Have an id that was joined to another person stand for itself again."""
    alias, person = request.POST.get("alias", ""), request.POST.get("person", "").strip()
    try:
        was = splitting.split(alias.replace("\x00", ""), request.user, timezone.now())
    except SpecError as error:
        return _page(request, person, f"{error.key} {error.problem}: {error.remedy}.", status=422)
    messages.success(
        request,
        f"{was.alias} is no longer {was.person_id}. Facts that came while they were joined stay"
        f" with {was.person_id}; no call joins the two again.",
    )
    return redirect(f"{reverse('facts_people')}?{urlencode({'person': was.person_id})}")


@require_POST
@needs("facts.repair")
def allow(request: HttpRequest) -> HttpResponse:
    """Take a split back."""
    alias, person = (request.POST.get(n, "").replace("\x00", "") for n in ("alias", "person"))
    try:
        splitting.allow(alias, person, request.user, timezone.now())
    except SpecError as error:
        return _page(request, person, f"{error.key} {error.problem}: {error.remedy}.", status=422)
    messages.success(request, f"Calls may join {alias} and {person} again.")
    return redirect(f"{reverse('facts_people')}?{urlencode({'person': person})}")
