"""Letting a finding stand for a while, and taking that back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.learning.practice_audit import actions, documents

SPANS = ((7, "1 week"), (14, "2 weeks"), (30, "1 month"), (90, "3 months"), (180, "6 months"))


class AcceptForm(forms.Form):
    """Why a finding may stand, and how long; policy says how long at most."""

    reason = forms.CharField(
        label="Why",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Colleagues read this beside the finding, and in the audit trail.",
    )
    days = forms.TypedChoiceField(
        label="May stand for", coerce=int, help_text="Afterwards it is open again."
    )

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = self.fields["days"]
        assert isinstance(days, forms.TypedChoiceField)
        days.choices = spans(most)


def spans(most: int) -> list[tuple[int, str]]:
    """The spans to choose from when ``most`` days are allowed.

    >>> spans(30)
    [(7, '1 week'), (14, '2 weeks'), (30, '1 month')]
    >>> spans(5)
    [(5, '5 days')]
    """
    return [(n, title) for n, title in SPANS if n <= most] or [(most, f"{most} days")]


@require_POST
@needs("practice.accept")
def accept(request: HttpRequest, key: str) -> HttpResponse:
    """Accept an open finding."""
    form = AcceptForm(request.POST, most=documents.current().running.accept_days)
    if not form.is_valid():
        faults = [f"{form.fields[f].label}: {e[0]}" for f, e in form.errors.items()]
        messages.error(request, "The finding was not accepted. " + " ".join(faults))
        return redirect("practice")
    given = form.cleaned_data
    try:
        actions.accept(key, given["reason"], given["days"], request.user, now=timezone.now())
    except SpecError as error:
        messages.error(
            request,
            f"The finding was not accepted: {error.key} {error.problem}; {error.remedy}.",
        )
    else:
        messages.success(request, "The finding may stand until then.")
    return redirect("practice")


@require_POST
@needs("practice.accept")
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Take an acceptance back before its time."""
    if actions.withdraw(key, request.user, now=timezone.now()):
        messages.success(request, "The finding is open again.")
    else:
        messages.error(request, "It was not accepted: that may just have run out.")
    return redirect("practice")
