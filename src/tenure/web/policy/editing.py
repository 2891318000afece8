"""Changing policy: edit the text, see the effect, save a version, go back to an earlier one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.core.roles import has, needs
from tenure.health import trials
from tenure.web.policy import effects, own_model
from tenure.web.policy.catalogue import MODELS
from tenure.web.policy.locate import line_of
from tenure.web.policy.views import diff_lines, frame


@needs("policy.edit")
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The editor. What was typed is never lost: an error stands beside it."""
    _refuse_other(request, name)
    if request.method != "POST":
        return _editor(request, name, own_model.draft(request, name) or _text(name), {})
    body = request.POST.get("body", "").replace("\r\n", "\n")
    errors = _errors(name, body)
    if errors:
        return _editor(request, name, body, {"errors": _located(body, errors)}, 422)
    if request.POST.get("action") == "save":
        return _save(request, name, body)
    if request.POST.get("action") == "replay" and name.startswith(MODELS):
        return _replay(request, name, body)
    return _editor(request, name, body, {"preview": True, **_preview(name, body)})


def _refuse_other(request: HttpRequest, name: str) -> None:
    """Trying a text is as good as saving it: a parser may read what the text names."""
    try:
        policy.refuse(request.user, [name])
    except SpecError as error:
        raise Http404(str(error)) from None


def _errors(name: str, body: str) -> list[SpecError]:
    if not body.strip():
        remedy = "write the document, or go back to an earlier version"
        return [SpecError(policy.source_of(name), "text", "is empty", remedy)]
    return policy.validate({name: body})


def _text(name: str) -> str:
    try:
        return policy.text(name)
    except SpecError as error:
        raise Http404(str(error)) from None


def _located(body: str, errors: list[SpecError]) -> list[dict[str, Any]]:
    return [{"error": e, "line": line_of(body, e)} for e in errors]


def _preview(name: str, body: str) -> dict[str, Any]:
    try:
        before = policy.text(name)
    except SpecError:
        before = ""
    diff = policy.diff_texts(name, before, body, "in force", "yours")
    return {"lines": diff_lines(diff), "effect": effects.of(name, body)}


def _save(request: HttpRequest, name: str, body: str) -> HttpResponse:
    note = request.POST.get("note", "").strip()
    based_on = request.POST.get("based_on", "")
    expected = int(based_on) if based_on.isdigit() else None
    try:
        number = policy.save(name, body, request.user, note, timezone.now(), expected)
    except SpecError as error:
        return _editor(request, name, body, {"errors": _located(body, [error])}, 422)
    messages.success(request, f"Version {number} is in force.")
    return redirect("policy_document", name)


def _replay(request: HttpRequest, name: str, body: str) -> HttpResponse:
    """Have the text tried on history; the page of the trial shows what comes out."""
    if not has(request.user, "validation.run"):
        raise PermissionDenied
    trial = trials.ask(name.removeprefix(MODELS), body, now=timezone.now(), by=request.user)
    return redirect("validation_trial", trial.pk)


def _editor(
    request: HttpRequest, name: str, body: str, extra: dict[str, Any], status: int = 200
) -> HttpResponse:
    exists = own_model.exists(name)
    context = frame(name, "policy_text") if exists else own_model.frame(name)
    context |= {
        "body": body,
        "note": request.POST.get("note", ""),
        "based_on": request.POST.get("based_on") or (policy.version(name) if exists else 0),
        "exists": exists,
        "can_preview": effects.possible(name),
        "rows": min(max(body.count("\n") + 3, 16), 44),
        **extra,
    }
    return render(request, "web/policy/edit.html", context, status=status)


@require_POST
@needs("policy.edit")
def rollback(request: HttpRequest, name: str) -> HttpResponse:
    """Put an earlier version (0: the packaged text) in force again, as a new one."""
    _refuse_other(request, name)
    given = request.POST.get("version", "")
    note = request.POST.get("note", "").strip()
    if not given.isdigit():
        raise Http404("name the version to go back to")
    try:
        number = policy.rollback(name, int(given), request.user, note, timezone.now())
    except SpecError as error:
        messages.error(request, f"{error.key}: {error.problem}. {error.remedy}")
        return redirect("policy_versions", name)
    messages.success(request, f"Version {number} is in force: the same as {_words(int(given))}.")
    return redirect("policy_versions", name) if own_model.exists(name) else redirect("policy")


def _words(version: int) -> str:
    return "the packaged text" if version == policy.PACKAGED else f"version {version}"
