"""What a person does about a task: end it, put it off, take it, hand it over, judge it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from tenure.analytics.errors import SpecError
from tenure.core import roles
from tenure.core.models import User
from tenure.core.roles import needs
from tenure.kit.pages import formats
from tenure.work.tasks import actions, settings
from tenure.work.tasks.models import Task
from tenure.work.tasks.pages.filters import read

HERE = "here"
"""Value of ``back`` on the page of the task itself."""
_MOST_DAYS = 3650


@require_POST
@needs("tasks.edit")
def outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, and how it ended."""
    task, chosen = get_object_or_404(Task, pk=pk), request.POST.get("outcome", "")
    note = request.POST.get("note", "")[:5000]
    try:
        actions.close(task, chosen, note, request.user, now=timezone.now())
    except SpecError as error:
        return _refused(request, task, error)
    title = settings.current().outcomes[chosen]
    messages.success(request, f"Done: “{task.title}” ({title}).")
    return _back(request, task)


@require_POST
@needs("tasks.edit")
def snooze(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it away until the morning of a later day."""
    task, now = get_object_or_404(Task, pk=pk), timezone.now()
    until = _until(request.POST, now)
    if until is None:
        messages.error(request, "Nothing was changed: choose a day after today.")
        return _back(request, task)
    try:
        actions.snooze(task, until, request.user, now=now)
    except SpecError as error:
        return _refused(request, task, error)
    day = formats.day(timezone.localtime(until))
    messages.success(request, f"“{task.title}” comes back on {day}.")
    return _back(request, task)


def _until(given: QueryDict, now: datetime) -> datetime | None:
    """The beginning of the day asked for, in the reader's zone."""
    today = timezone.localtime(now).date()
    days = given.get("days", "")
    chosen: date | None
    if days.isascii() and days.isdigit() and len(days) < 5:
        chosen = today + timedelta(days=int(days))
    else:
        try:
            chosen = parse_date(given.get("date", ""))
        except ValueError:
            chosen = None
    if chosen is None or not today < chosen <= today + timedelta(days=_MOST_DAYS):
        return None
    midnight = datetime.combine(chosen, datetime.min.time())
    return timezone.make_aware(midnight, timezone.get_current_timezone())


@require_POST
@needs("tasks.edit")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it one's own."""
    task = get_object_or_404(Task, pk=pk)
    assert isinstance(request.user, User)
    try:
        actions.hand_over(task, request.user, "", request.user, now=timezone.now())
    except SpecError as error:
        return _refused(request, task, error)
    messages.success(request, f"“{task.title}” is yours now.")
    return _back(request, task)


@require_POST
@needs("tasks.edit")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to a colleague, with what they need to know."""
    task, wanted = get_object_or_404(Task, pk=pk), request.POST.get("to", "")
    to = next((u for u in receivers() if str(u.pk) == wanted), None)
    if to is None:
        messages.error(request, "Nothing was changed: choose a colleague who works on tasks.")
        return _back(request, task)
    note = request.POST.get("note", "").strip()[:5000]
    try:
        actions.hand_over(task, to, note, request.user, now=timezone.now())
    except SpecError as error:
        return _refused(request, task, error)
    messages.success(request, f"“{task.title}” is with {to} now.")
    return _back(request, task)


def receivers() -> list[User]:
    """Colleagues whose role may work on tasks."""
    table = roles.table()
    fit = [name for name in table.roles if "tasks.edit" in table.granted(name)]
    return list(User.objects.filter(is_active=True, role__in=fit).order_by("name", "email"))


@require_POST
@needs("tasks.edit")
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Was it worth having?"""
    task, judgement = get_object_or_404(Task, pk=pk), request.POST.get("mark", "")
    try:
        actions.mark(task, judgement, request.user, now=timezone.now())
    except SpecError as error:
        return _refused(request, task, error)
    said = "useful" if judgement == "useful" else "a false alarm"
    messages.success(request, f"Thanks: “{task.title}” is marked as {said}.")
    return _back(request, task)


def _refused(request: HttpRequest, task: Task, error: SpecError) -> HttpResponse:
    messages.error(request, f"Nothing was changed: the task {error.problem}; {error.remedy}.")
    return _back(request, task)


def _back(request: HttpRequest, task: Task) -> HttpResponse:
    given = request.POST.get("back", "")
    if given == HERE:
        return redirect("task", task.pk)
    return redirect(read(QueryDict(given)).address)
