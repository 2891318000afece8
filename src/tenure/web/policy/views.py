"""Reading policy: the overview, each document as a person would want it, its text, its versions."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tenure.analytics.errors import SpecError
from tenure.core import policy
from tenure.core.roles import needs
from tenure.health.pages import registry
from tenure.kit.pages.diff import diff_lines
from tenure.web.policy import catalogue, readers


@needs("policy.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Every document, by the question it answers; health models with their weights."""
    groups = catalogue.groups()
    context = {
        "groups": [
            {"group": g, "models": _models(g) if g.title == catalogue.GROUPS[0][0] else None}
            for g in groups
        ],
        "default_model": registry.default_model(),
    }
    return render(request, "web/policy/overview.html", context)


def _models(group: catalogue.Group) -> list[dict[str, Any]]:
    from tenure.web.policy.model_view import model_view

    naming, default = registry.naming(), registry.default_model()
    ordered = sorted(group.entries, key=lambda e: e.short != default)
    return [
        {"entry": entry, "model": model_view(policy.load(entry.name), naming)} for entry in ordered
    ]


def existing(name: str) -> policy.PolicyDocument:
    """The document, or 404."""
    try:
        found = policy.document(name)
        policy.text(name)
    except SpecError as error:
        raise Http404(str(error)) from None
    return found


def frame(name: str, current: str) -> dict[str, Any]:
    """What every page of a document shows: its title, the version in force, the tabs."""
    document = existing(name)
    saved = policy.versions(name)
    tabs = (("Read", "policy_document"), ("Text", "policy_text"), ("Versions", "policy_versions"))
    return {
        "document": document,
        "permission": document.permission,
        "name": name,
        "title": _title(document),
        "in_force": next((v for v in saved if v.active), None),
        "saved": saved,
        "is_model": name.startswith(catalogue.MODELS),
        "tabs": [
            {
                "title": title,
                "url": reverse(url, args=[name]),
                "current": url == current,
                "count": len(saved) if url == "policy_versions" else None,
            }
            for title, url in tabs
        ],
    }


def _title(document: policy.PolicyDocument) -> str:
    if document.name.startswith(catalogue.MODELS):
        return str(policy.load(document.name).title)
    return catalogue.words_of(document)[0]


@needs("policy.view")
def document(request: HttpRequest, name: str) -> HttpResponse:
    """The document in force, readable."""
    context = frame(name, "policy_document")
    template, reading = readers.read(name, policy.text(name))
    return render(
        request, "web/policy/document.html", {**context, **reading, "reading_template": template}
    )


@needs("policy.view")
def text(request: HttpRequest, name: str) -> HttpResponse:
    """The TOML text in force, or of one version."""
    context = frame(name, "policy_text")
    number = _number(request.GET.get("version"))
    try:
        body = policy.text(name, number)
    except SpecError as error:
        raise Http404(str(error)) from None
    return render(request, "web/policy/text.html", {**context, "body": body, "version": number})


def _number(given: str | None) -> int | None:
    return int(given) if given and given.isdigit() else None


@needs("policy.view")
def versions(request: HttpRequest, name: str) -> HttpResponse:
    """Who changed it, when and why; and what differs between two versions."""
    context = frame(name, "policy_versions")
    saved = context["saved"]
    packaged = policy.default_text(name)
    choices = [(v.version, f"version {v.version}") for v in saved]
    if packaged:
        choices.append((policy.PACKAGED, "packaged"))
    a, b = _pair(request, choices)
    try:
        lines = diff_lines(policy.diff(name, a, b)) if a is not None and b is not None else None
    except SpecError as error:
        raise Http404(str(error)) from None
    extra = {"choices": choices, "a": a, "b": b, "lines": lines, "packaged": bool(packaged)}
    return render(request, "web/policy/versions.html", {**context, **extra})


def _pair(request: HttpRequest, choices: list[tuple[int, str]]) -> tuple[int | None, int | None]:
    """The two versions to compare: those asked for, else the newest against the one before."""
    if len(choices) < 2:
        return None, None
    a, b = _number(request.GET.get("a")), _number(request.GET.get("b"))
    return (choices[1][0] if a is None else a), (choices[0][0] if b is None else b)
