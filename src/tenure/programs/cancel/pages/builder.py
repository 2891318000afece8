"""The builder: reasons, offers, and who is offered what, saved as versions of the policy."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts import segments
from tenure.analytics.errors import SpecError
from tenure.core import policy, roles
from tenure.core.roles import needs
from tenure.programs.cancel import documents
from tenure.programs.cancel.offers import discount, pause, registry
from tenure.programs.cancel.offers.base import (
    LEAST_DISCOUNT_COOLDOWN,
    LEAST_PAUSE_COOLDOWN,
    Offer,
)
from tenure.programs.cancel.pages import form
from tenure.programs.cancel.pages.views import tabs
from tenure.programs.cancel.settings import DOCUMENT, Settings

KINDS = [(kind.name, kind.title) for kind in registry.KINDS.values()]


@needs("cancel.view")
def page(request: HttpRequest) -> HttpResponse:
    """What customers may say and be offered; the form saves a new version."""
    if request.method == "POST":
        if not roles.has(request.user, "policy.edit"):
            raise PermissionDenied("your role does not have the permission policy.edit")
        return _save(request)
    return _page(request, {})


def _save(request: HttpRequest) -> HttpResponse:
    given = {name: str(value).replace("\r\n", "\n") for name, value in request.POST.items()}
    numbers = documents.current()
    text = form.changed(policy.text(DOCUMENT), given, numbers.languages)
    errors = policy.validate({DOCUMENT: text})
    based_on = given.get("based_on", "")
    expected = int(based_on) if based_on.isdecimal() else None
    if not errors:
        note = given.get("note", "").strip() or "Changed in the builder"
        try:
            number = policy.save(DOCUMENT, text, request.user, note, timezone.now(), expected)
        except SpecError as error:
            errors = [error]
        else:
            messages.success(request, f"Saved: version {number} is in force.")
            return redirect("cancel_builder")
    return _page(request, given, errors)


def _page(
    request: HttpRequest, given: dict[str, str], errors: list[SpecError] | None = None
) -> HttpResponse:
    numbers = documents.current()
    typed = _typed(given)
    context = {
        "tabs": tabs("cancel_builder"),
        "numbers": numbers,
        "errors": errors or [],
        "based_on": given.get("based_on") or policy.version(DOCUMENT),
        "offers": [_offer(o, numbers, typed) for o in numbers.offers],
        "new_offer": _offer(None, numbers, typed),
        "kinds": KINDS,
        "reasons": [
            {"r": r, "texts": _texts(f"reasons.{r.name}", form.REASON_TEXTS, numbers, r, typed)}
            for r in numbers.reasons
        ],
        "new_reason": _texts("reasons.new", form.REASON_TEXTS, numbers, None, typed),
        "paths": [_path(n, p, typed) for n, p in enumerate([*numbers.paths, None])],
        "settings": _settings(numbers, typed),
        "unknown": _unknown(numbers),
        "most": {"percent": discount.MOST_PERCENT, "pause": pause.MOST_PAUSE_MONTHS},
        "names": {
            "reasons": [r.name for r in numbers.reasons],
            "offers": [o.name for o in numbers.offers],
            "segments": sorted(segments.titles()),
        },
        "note": given.get("note", ""),
        "edits": roles.has(request.user, "policy.edit"),
    }
    status = 422 if errors else 200
    return render(request, "cancel/builder.html", context, status=status)


def _typed(given: dict[str, str]) -> Any:
    """What was typed, where something was; else what is in force."""
    return lambda name, value="": given.get(name, "" if value is None else str(value))


def _settings(numbers: Settings, typed: Any) -> list[dict[str, str]]:
    rows = [
        ("running.open_hours", "Abandoned after hours", numbers.running.open_hours),
        ("running.export_url", "Where data is exported", numbers.running.export_url),
        (
            "guardrails.discount_cooldown_days",
            f"Days before another discount ({LEAST_DISCOUNT_COOLDOWN} at least)",
            numbers.guardrails.discount_cooldown_days,
        ),
        (
            "guardrails.pause_cooldown_days",
            f"Days before another pause ({LEAST_PAUSE_COOLDOWN} at least)",
            numbers.guardrails.pause_cooldown_days,
        ),
        ("split.name", "Name of the split test", numbers.split.name),
    ]
    for arm, share in numbers.split.arms.items():
        nothing = " (offered nothing)" if arm == numbers.split.control else ""
        rows.append((f"split.arms.{arm}", f"Share of {arm}, %{nothing}", f"{100 * share:g}"))
    return [{"name": n, "label": label, "value": typed(n, value)} for n, label, value in rows]


def _texts(
    prefix: str, names: Any, numbers: Settings, found: Any, typed: Any
) -> list[dict[str, str]]:
    titles = {"title": "Title", "text": "Text", "yes": "Button", "ask": "Question beside it"}
    return [
        {
            "name": f"{prefix}.{name}.{tongue}",
            "label": f"{titles[name]} ({tongue})",
            "value": typed(
                f"{prefix}.{name}.{tongue}", getattr(found, name)[tongue] if found else ""
            ),
            "long": "1" if name == "text" and prefix.startswith("offers") else "",
        }
        for name in names
        for tongue in numbers.languages
    ]


def _offer(offer: Offer | None, numbers: Settings, typed: Any) -> dict[str, Any]:
    key = f"offers.{offer.name if offer else form.NEW}"
    kind = registry.kind_of(offer) if offer else None
    asked = kind.inputs if kind else form.NUMBERS
    url = getattr(offer, "url", None) if offer else ""
    labels = {"percent": "Percent", "months": "Months", "hours": "Within hours"}
    return {
        "o": offer,
        "key": key,
        "kind": kind.title if kind else "",
        "unset": bool(offer and kind and kind.unset(offer)),
        "inputs": [
            {
                "name": f"{key}.{n}",
                "label": labels[n],
                "value": typed(f"{key}.{n}", getattr(offer, n) if offer else ""),
            }
            for n in asked
        ],
        "url": None if url is None else {"name": f"{key}.url", "value": typed(f"{key}.url", url)},
        "texts": _texts(key, form.OFFER_TEXTS, numbers, offer, typed),
    }


def _path(number: int, path: Any, typed: Any) -> dict[str, Any]:
    key = f"paths.{number if path is not None else form.NEW}"
    labels = {
        "reasons": "Reasons",
        "segments": "Segments, any of",
        "arms": "Arms",
        "offers": "Offers, in order",
    }
    lists = [
        {
            "name": f"{key}.{n}",
            "label": labels[n],
            "value": typed(f"{key}.{n}", ", ".join(getattr(path, n)) if path else ""),
        }
        for n in form.LISTS
    ]
    values = [
        {
            "name": f"{key}.{n}",
            "label": label,
            "value": typed(f"{key}.{n}", (getattr(path, n) or "") if path else ""),
        }
        for n, label in (("mrr_from_minor", "Value from"), ("mrr_below_minor", "Value below"))
    ]
    return {
        "key": key,
        "new": path is None,
        "place": typed(f"{key}.place", number + 1),
        "inputs": [*lists, *values],
    }


def _unknown(numbers: Settings) -> list[str]:
    """Segments that paths name and nobody has made: their paths never hold."""
    named = {s for p in numbers.paths for s in p.segments}
    return sorted(s for s in named if not segments.exists(s))


@require_POST
@needs("policy.edit")
def switch(request: HttpRequest) -> HttpResponse:
    """Let customers in, or nobody."""
    on = request.POST.get("on") == "1"
    text = form.switched(policy.text(DOCUMENT), on)
    note = "Switched on" if on else "Switched off"
    try:
        policy.save(DOCUMENT, text, request.user, note, timezone.now())
    except SpecError as error:
        messages.error(request, f"{error.key}: {error.problem}. {error.remedy}.")
    else:
        said = "It is on. Whoever your backend sends may come." if on else "It is off."
        messages.success(request, said)
    return redirect("cancel_builder")
