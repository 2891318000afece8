"""Making and changing segments: by rows, by TOML, or as a list of accounts."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from tenure.accounts import segments
from tenure.accounts.models import Account, Segment, SegmentMember
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import check_fields, parse_rule
from tenure.core.roles import needs
from tenure.health import policy
from tenure.health.pages import sentences
from tenure.health.segments.pages import builder, fields
from tenure.health.segments.pages.builder import Row
from tenure.health.segments.pages.population import taken
from tenure.health.segments.pages.views import own

WAYS = (("rows", "Rule"), ("text", "Rule as TOML"), ("list", "List of accounts"))
OPERATORS = (
    ">=",
    "<=",
    ">",
    "<",
    "=",
    "!=",
    "between",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "exists",
    "missing",
)
SPARE = 2
COUNTED = 200


@needs("segments.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new segment."""
    start = {"way": request.GET.get("way", "rows"), "together": "all", "rows": []}
    return _save(request, None) if request.method == "POST" else _form(request, None, start)


@needs("segments.edit")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Change a segment of one's own."""
    segment = own(name)
    if request.method == "POST":
        return _save(request, segment)
    return _form(request, segment, _given(segment))


def _given(segment: Segment) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": segment.title,
        "description": segment.description,
        "text": segment.rule,
        "together": "all",
        "rows": [],
    }
    if not segment.rule:
        members = SegmentMember.objects.filter(segment=segment).order_by("account_id")
        ids = members.values_list("account_id", flat=True)
        return given | {"way": "list", "accounts": "\n".join(ids)}
    simple = _rows_of(segment.rule)
    if simple is None:
        return given | {"way": "text"}
    return given | {"way": "rows", "together": simple[0], "rows": simple[1]}


def _rows_of(text: str) -> tuple[str, list[Row]] | None:
    try:
        return builder.from_rule(parse_rule("segment", text))
    except SpecError:
        return None


def _posted(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    lines = zip(post.getlist("field"), post.getlist("op"), post.getlist("value"), strict=False)
    return {
        "title": post.get("title", "").strip(),
        "description": post.get("description", "").strip(),
        "way": post.get("way", "rows"),
        "together": post.get("together", "all"),
        "rows": [Row(*line) for line in lines if line[0]],
        "text": post.get("text", "").replace("\r\n", "\n"),
        "accounts": post.get("accounts", ""),
    }


def _rule_text(given: dict[str, Any]) -> str:
    if given["way"] == "text":
        return str(given["text"])
    return builder.to_toml(given["rows"], given["together"])


def _save(request: HttpRequest, segment: Segment | None) -> HttpResponse:
    given = _posted(request)
    try:
        saved = _write(request, given, segment)
    except SpecError as error:
        return _form(request, segment, given, error)
    messages.success(request, f"The segment “{saved.title}” is saved.")
    return redirect("segment", saved.name)


def _write(request: HttpRequest, given: dict[str, Any], segment: Segment | None) -> Segment:
    if not given["title"]:
        raise SpecError("segment", "title", "is empty", "say what the segment is called")
    name = segment.name if segment else _free_name(given["title"])
    now = timezone.now()
    about = (given["title"], given["description"])
    if given["way"] == "list":
        return segments.save_list(
            name, about[0], _ids(given["accounts"]), request.user, now, description=about[1]
        )
    saved = segments.save_rule(
        name, about[0], _rule_text(given), policy.known_fields(), request.user, now, about[1]
    )
    _fill(saved)
    return saved


def _fill(segment: Segment) -> None:
    """Members at once, rather than with the next scoring."""
    now = timezone.now()
    found = taken(parse_rule(segment.name, segment.rule), now)
    segments.set_members(segment.name, found.accounts, now)


def _free_name(title: str) -> str:
    base = re.sub(r"^[^a-z]+", "", slugify(title)).strip("-")[:70] or "segment"
    taken_names = set(Segment.objects.filter(name__startswith=base).values_list("name", flat=True))
    taken_names |= set(segments.packaged())
    number, name = 2, base
    while name in taken_names:
        name, number = f"{base}-{number}", number + 1
    return name


def _ids(text: str) -> list[str]:
    """Account ids, one a line; a name or domain that only one account has is understood too."""
    found = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        rows = Account.objects.filter(pk=line) or Account.objects.filter(name__iexact=line)
        rows = rows or Account.objects.filter(domain__iexact=line)
        ids = list(rows.values_list("pk", flat=True)[:2])
        found.append(ids[0] if len(ids) == 1 else line)
    return found


def _form(
    request: HttpRequest,
    segment: Segment | None,
    given: dict[str, Any],
    error: SpecError | None = None,
) -> HttpResponse:
    rows = [*given["rows"], *[Row()] * (SPARE if given["rows"] else 1)]
    context = {
        "segment": segment,
        "given": given,
        "rows": rows,
        "blank": Row(),
        "ways": WAYS,
        "groups": fields.groups(),
        "operators": [(op, sentences.OPERATORS[op]) for op in OPERATORS],
        "suggestions": fields.suggestions(),
        "error": error,
    }
    return render(request, "segments/edit.html", context, status=422 if error else 200)


@require_POST
@needs("segments.edit")
def count(request: HttpRequest) -> HttpResponse:
    """How many accounts the form as it stands would take; a fragment."""
    given = _posted(request)
    context: dict[str, Any] = {}
    if not (given["rows"] or given["text"].strip() or given["accounts"].strip()):
        return render(request, "segments/_count.html", {"nothing": True})
    try:
        if given["way"] == "list":
            ids = _ids(given["accounts"])
            context = {
                "size": Account.objects.filter(pk__in=ids[:COUNTED]).count(),
                "asked": len(ids),
            }
        else:
            context = _counted(_rule_text(given))
    except SpecError as error:
        context = {"error": error}
    return render(request, "segments/_count.html", context)


def _counted(text: str) -> dict[str, Any]:
    rule = parse_rule("segment", text)
    check_fields("segment", rule, policy.known_fields())
    found = taken(rule, timezone.now())
    names = Account.objects.filter(pk__in=list(found.accounts[:5])).values_list("name", flat=True)
    return {
        "size": len(found.accounts),
        "known": found.known,
        "names": list(names),
        "sentence": sentences.of_rule(rule, fields.naming),
    }


@require_POST
@needs("segments.edit")
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Delete a segment of one's own."""
    segment = own(name)
    segments.delete(name, request.user, timezone.now())
    messages.success(request, f"The segment “{segment.title}” is gone.")
    return redirect("segments")
