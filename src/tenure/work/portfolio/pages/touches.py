"""The panel Touches on the page of an account, and logging a touch there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.work.portfolio import actions, policy, queries
from tenure.work.portfolio.actions import MINUTES_A_DAY, TouchDraft
from tenure.work.portfolio.models import OPEN, HandOff

AT = "%Y-%m-%dT%H:%M"
_SHOWN = 5


class TouchForm(forms.Form):
    """A touch as a colleague tells of it."""

    kind = forms.ChoiceField(label="What")
    at = forms.DateTimeField(
        label="When",
        input_formats=[AT],
        widget=forms.DateTimeInput(format=AT, attrs={"type": "datetime-local"}),
    )
    outcome = forms.ChoiceField(label="How it went", required=False)
    minutes = forms.IntegerField(
        label="Minutes",
        required=False,
        min_value=1,
        max_value=MINUTES_A_DAY,
        help_text="With preparation; left empty, policy says what one takes.",
    )
    note = forms.CharField(
        label="Note", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = policy.current()
        kinds = dict.fromkeys(k for touch in numbers.touches.values() for k in touch.kinds)
        missed = sorted(numbers.not_held)
        _choices(self, "kind", [(k, _title(k)) for k in kinds])
        _choices(self, "outcome", [("", "Held"), *((m, _title(m)) for m in missed)])


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _title(key: str) -> str:
    return "QBR" if key == "qbr" else key.replace("_", " ").capitalize()


def panel(account: Account, request: HttpRequest, now: datetime) -> dict[str, Any]:  # noqa: ARG001
    """What the account is owed, and the work about it that was handed over."""
    rows = HandOff.objects.filter(account_id=account.pk, state=OPEN).order_by("due_at")
    shown = timezone.localtime(now).replace(second=0, microsecond=0)
    return {
        "standing": queries.one(account, now),
        "hand_offs": rows[:_SHOWN],
        "touch_form": TouchForm(initial={"at": shown}, auto_id="touch_%s"),
    }


@require_POST
@needs("portfolio.edit")
def log(request: HttpRequest, pk: str) -> HttpResponse:
    """Write a touch down."""
    account, form = get_object_or_404(Account, pk=pk), TouchForm(request.POST)
    if not form.is_valid():
        faults = [f"{form.fields[f].label}: {e[0]}" for f, e in form.errors.items()]
        messages.error(request, "The touch was not logged. " + " ".join(faults))
        return redirect("account", pk=pk)
    try:
        actions.log_touch(
            account, TouchDraft(**form.cleaned_data), request.user, now=timezone.now()
        )
    except SpecError as error:
        messages.error(
            request, f"The touch was not logged: {error.key} {error.problem}; {error.remedy}."
        )
    else:
        messages.success(request, "The touch is logged; it shows here in a few moments.")
    return redirect("account", pk=pk)
