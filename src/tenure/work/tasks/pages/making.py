"""A task that a person thought of."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.core.roles import needs
from tenure.work.tasks import actions, queries
from tenure.work.tasks.pages import acting

_EVENING = time(17)
"""Tasks made by hand are due at the end of a working day."""


class TaskForm(forms.Form):
    """What is to be done, about whom, until when, by whom."""

    account = forms.CharField(
        label="Account", max_length=255, help_text="Its id, or its name as the list shows it."
    )
    title = forms.CharField(label="What is to be done", max_length=300)
    due = forms.DateField(
        label="Due", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    owner = forms.ChoiceField(label="Who does it", required=False)
    reason = forms.CharField(
        label="Why", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_account(self) -> str:
        """The id of the account meant."""
        given = self.cleaned_data["account"].strip()
        if Account.objects.filter(pk=given).exists():
            return str(given)
        named = list(Account.objects.filter(name__iexact=given).values_list("pk", flat=True)[:2])
        if len(named) == 1:
            return str(named[0])
        several = "Several accounts are called so: use the id." if named else "No such account."
        raise forms.ValidationError(several)


@needs("tasks.edit")
def new(request: HttpRequest) -> HttpResponse:
    """The form, and the task."""
    now = timezone.now()
    tomorrow = timezone.localtime(now).date() + timedelta(days=1)
    first = {"account": request.GET.get("account", "")[:255], "due": tomorrow}
    form = TaskForm(request.POST or None, initial=first)
    people = acting.receivers()
    owner = form.fields["owner"]
    assert isinstance(owner, forms.ChoiceField)
    owner.choices = [
        ("", "Whoever looks after the account"),
        *((str(u.pk), str(u)) for u in people),
    ]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        due = timezone.make_aware(datetime.combine(given["due"], _EVENING))
        draft = actions.TaskDraft(
            f"{queries.BY_HAND}:{uuid4().hex}",
            given["account"],
            given["title"],
            due,
            reason=given["reason"],
            source=queries.BY_HAND,
        )
        chosen = next((u for u in people if str(u.pk) == given["owner"]), None)
        try:
            task = actions.create(draft, chosen, request.user, now=now)
        except SpecError as error:
            form.add_error(None, f"It {error.problem}: {error.remedy}.")
        else:
            messages.success(request, f"“{task.title}” is on the list.")
            return redirect("task", task.pk)
    return render(request, "tasks/new.html", {"form": form})
