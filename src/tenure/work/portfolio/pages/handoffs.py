"""Hand-offs: the list, one with its context and answer, and opening a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels.models import Endpoint, Message
from tenure.core import roles
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.work.portfolio import handoffs, policy
from tenure.work.portfolio.handoffs import Answer, Request
from tenure.work.portfolio.models import BACK, OPEN, WITHDRAWN, HandOff
from tenure.work.portfolio.pages.views import tabs
from tenure.work.tasks.models import Task

PAGE = 50
STATES = {OPEN: ("Open", "accent"), BACK: ("Came back", "good"), WITHDRAWN: ("Withdrawn", "none")}


class NewForm(forms.Form):
    """Work to be handed over."""

    kind = forms.ChoiceField(label="Kind of work", widget=forms.RadioSelect)
    title = forms.CharField(label="In a few words", max_length=200)
    why = forms.CharField(
        label="What the receiver needs to know",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    links = forms.CharField(
        label="Links",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line.",
    )
    receiver = forms.ChoiceField(label="To", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = policy.current().hand_offs
        _choices(self, "kind", [(name, f"{k.title}: {k.asks}") for name, k in kinds.items()])
        _choices(self, "receiver", [("", "Whom policy names for this kind"), *receivers()])


class AnswerForm(forms.Form):
    """What came back."""

    outcome = forms.ChoiceField(label="How it ended")
    note = forms.CharField(
        label="What came back",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    links = forms.CharField(
        label="Links",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line.",
    )
    reference = forms.CharField(
        label="Reference", required=False, max_length=200, help_text="Such as a ticket’s number."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "outcome", list(policy.current().outcomes.items()))


def receivers() -> list[tuple[str, str]]:
    """Everybody and everything work can be handed to."""
    people = User.objects.filter(is_active=True).order_by("email")
    ways = Endpoint.objects.filter(active=True).order_by("channel", "name")
    return [
        *((f"person:{u.email}", str(u)) for u in people),
        *((f"{e.channel}:{e.name}", f"{e.channel.capitalize()} {e.name}") for e in ways),
    ]


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


@needs("portfolio.view")
def listing(request: HttpRequest) -> HttpResponse:
    """Open ones by when they are due, or all of them, the newest first."""
    everything = "all" in request.GET
    rows = HandOff.objects.select_related("owner")
    rows = rows.order_by("-pk") if everything else rows.filter(state=OPEN).order_by("due_at", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": tabs("hand_offs"),
        "rows": page,
        "lines": [_shown(row) for row in page],
        "all": everything,
        "any": HandOff.objects.exists(),
        "now": timezone.now(),
    }
    return render(request, "portfolio/hand_offs.html", context)


def _shown(row: HandOff) -> dict[str, Any]:
    numbers = policy.current()
    kind = numbers.hand_offs.get(row.kind)
    return {
        "row": row,
        "kind": kind.title if kind else row.kind,
        "asks": kind.asks if kind else "",
        "to": str(row.owner) if row.owner else row.receiver.replace(":", " "),
        "state": STATES[row.state],
        "outcome": numbers.outcomes.get(row.outcome, row.outcome),
    }


@needs("portfolio.view")
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """A hand-off with its context; a POST says what came back."""
    row = get_object_or_404(HandOff.objects.select_related("owner"), pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not roles.has(request.user, "portfolio.edit"):
            raise PermissionDenied("your role does not have the permission portfolio.edit")
        if form.is_valid() and _answer(request, row, form):
            return redirect("hand_offs")
    context = {
        **_shown(row),
        "tabs": tabs("hand_offs"),
        "form": form,
        "account": Account.objects.filter(pk=row.account_id).first(),
        "message": Message.objects.filter(key=row.source).first(),
        "task": Task.objects.filter(key=row.source).order_by("pk").last(),
        "is_open": row.state == OPEN,
    }
    status = 422 if form.errors else 200
    return render(request, "portfolio/hand_off.html", context, status=status)


def _answer(request: HttpRequest, row: HandOff, form: AnswerForm) -> bool:
    given = form.cleaned_data
    answer = Answer(
        given["outcome"], given["note"], given["links"].splitlines(), given["reference"]
    )
    try:
        handoffs.came_back(row.pk, answer, request.user, now=timezone.now())
    except SpecError as error:
        _blame(form, error)
        return False
    messages.success(request, "What came back is recorded.")
    return True


@needs("portfolio.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Hand work over, about an account or about none."""
    wanted = request.POST.get("account") or request.GET.get("account", "")
    account = Account.objects.filter(pk=wanted.replace("\x00", "")).first() if wanted else None
    given = request.POST if request.method == "POST" else None
    form = NewForm(given, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        asked = Request(
            told["kind"],
            told["title"],
            told["why"],
            account,
            told["links"].splitlines(),
            told["receiver"],
        )
        try:
            made = handoffs.open_hand_off(asked, request.user, now=timezone.now())
        except SpecError as error:
            _blame(form, error)
        else:
            messages.success(request, "It is handed over.")
            return redirect("hand_off", pk=made.pk)
    context = {"tabs": tabs("hand_offs"), "form": form, "account": account}
    status = 422 if form.errors else 200
    return render(request, "portfolio/hand_off_new.html", context, status=status)


def _blame(form: forms.Form, error: SpecError) -> None:
    field = error.key if error.key in form.fields else None
    form.add_error(field, f"{error.problem}: {error.remedy}")


@require_POST
@needs("portfolio.edit")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it back before it is done."""
    get_object_or_404(HandOff, pk=pk)
    try:
        handoffs.withdraw(pk, "", request.user, now=timezone.now())
    except SpecError as error:
        messages.error(request, f"It was not withdrawn: it {error.problem}.")
    else:
        messages.success(request, "The hand-off is withdrawn.")
    return redirect("hand_offs")
