"""Work for people: tasks, what to do first, and how they end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import uuid4

from django.db.models import Q
from django.http import HttpRequest
from ninja import Field, Query, Schema

from tenure.core.models import User
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import ApiError
from tenure.kit.rest.paging import BIGINT, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.kit.rest.schemas import Moment
from tenure.work.tasks import actions, queries
from tenure.work.tasks.models import Task

endpoints = Endpoints("tasks")
Text = Annotated[str, Query(max_length=255)]
State = Literal["open", "snoozed", "done", "cancelled"]
NOBODY = "nobody"


class TaskOut(Schema):
    """Something a person is to do about an account."""

    id: int
    account_id: str
    person_id: str
    title: str
    reason: str = Field(description="the evidence")
    words: str = Field(description="suggested words")
    owner: str = Field(description="mail address; empty for nobody")
    due_at: datetime
    value_minor: int = Field(description="yearly value at stake, minor units of the currency")
    currency: str
    source: str
    state: str
    snoozed_until: datetime | None
    escalated_at: datetime | None
    outcome: str
    note: str
    mark: str
    created_at: datetime
    closed_at: datetime | None
    closed_by: str

    @staticmethod
    def resolve_owner(task: Any) -> str:
        """The mail address of the owner."""
        return task.owner.email if task.owner else ""


class TasksOut(Schema):
    """A page of tasks, what is due first first."""

    items: list[TaskOut]
    next_cursor: str | None


class TaskIn(Schema):
    """A task that somebody thought of."""

    account_id: str = Field(max_length=255)
    title: str = Field(min_length=1, max_length=300)
    due_at: Moment
    reason: str = Field("", max_length=5000)
    words: str = Field("", max_length=5000)
    owner: str = Field("", max_length=254, description="empty: whoever owns the account")


class OutcomeIn(Schema):
    """How a task ended: a key of ``outcomes`` in the policy ``tasks``."""

    outcome: str = Field(max_length=40)
    note: str = Field("", max_length=5000)


class SnoozeIn(Schema):
    """When it comes back."""

    until: Moment


class HandOverIn(Schema):
    """To whom (a mail address; empty for nobody), and what they need to know."""

    owner: str = Field(max_length=254)
    note: str = Field("", max_length=5000)


class MarkIn(Schema):
    """Whether it was worth having."""

    mark: Literal["useful", "false_alarm"]


class PrecisionOut(Schema):
    """How people judged the tasks of a source."""

    source: str
    useful: int
    false_alarms: int
    precision: float | None


@endpoints.get("", "tasks.view", TasksOut)
def list_tasks(
    request: HttpRequest,
    state: State = "open",
    owner: Text = "",
    account: Text = "",
    segment: Text = "",
    kind: Text = "",
    limit: Limit = 50,
    cursor: Text = "",
) -> dict[str, Any]:
    """Tasks by due time; ``owner`` is a mail address or ``nobody``, ``kind`` a source's first part
    (play, portfolio, hand)."""
    rows = queries.find(
        state=state, unowned=owner == NOBODY, segment=segment, kind=kind, account=account
    )
    if owner and owner != NOBODY:
        rows = rows.filter(Q(owner__email=owner.lower()))
    if cursor:
        rows = queries.after(rows, *_cursor(cursor))
    found = rows.select_related("owner").order_by("due_at", "pk")[: limit + 1]
    return page(list(found), limit, lambda task: f"{task.due_at.isoformat()}~{task.pk}")


def _cursor(given: str) -> tuple[datetime, int]:
    moment, _, pk = given.partition("~")
    try:
        due = datetime.fromisoformat(moment)
        return (due if due.tzinfo else due.replace(tzinfo=UTC)), min(int(pk), BIGINT)
    except ValueError:
        raise ApiError(
            422, "invalid", "no such cursor", field="cursor", remedy="use next_cursor as it came"
        ) from None


@endpoints.get("/precision", "tasks.view", list[PrecisionOut])
def precision(request: HttpRequest) -> list[queries.Judged]:
    """Useful and false alarms for every source of tasks that was judged."""
    return queries.judged()


@endpoints.get("/{int:task_id}", "tasks.view", TaskOut)
def get_task(request: HttpRequest, task_id: int) -> Task:
    """One task."""
    return _one(task_id)


@endpoints.post("", "tasks.edit", TaskOut)
def create(request: HttpRequest, data: TaskIn) -> Task:
    """Make a task by hand."""
    draft = actions.TaskDraft(
        f"{queries.BY_HAND}:{uuid4().hex}",
        data.account_id,
        data.title,
        data.due_at,
        reason=data.reason,
        words=data.words,
        source=queries.BY_HAND,
    )
    return actions.create(draft, _colleague(data.owner), caller(request), now=datetime.now(UTC))


@endpoints.post("/{int:task_id}/outcome", "tasks.edit", TaskOut)
def outcome(request: HttpRequest, task_id: int, data: OutcomeIn) -> Task:
    """End a task."""
    task = _one(task_id)
    actions.close(task, data.outcome, data.note, caller(request), now=datetime.now(UTC))
    return _one(task_id)


@endpoints.post("/{int:task_id}/snooze", "tasks.edit", TaskOut)
def snooze(request: HttpRequest, task_id: int, data: SnoozeIn) -> Task:
    """Put a task away until a later moment."""
    task = _one(task_id)
    actions.snooze(task, data.until, caller(request), now=datetime.now(UTC))
    return _one(task_id)


@endpoints.post("/{int:task_id}/hand-over", "tasks.edit", TaskOut)
def hand_over(request: HttpRequest, task_id: int, data: HandOverIn) -> Task:
    """Give a task to a colleague."""
    task = _one(task_id)
    to = _colleague(data.owner)
    actions.hand_over(task, to, data.note, caller(request), now=datetime.now(UTC))
    return _one(task_id)


@endpoints.post("/{int:task_id}/mark", "tasks.edit", TaskOut)
def mark(request: HttpRequest, task_id: int, data: MarkIn) -> Task:
    """Say whether a task was useful or a false alarm."""
    actions.mark(_one(task_id), data.mark, caller(request), now=datetime.now(UTC))
    return _one(task_id)


def _one(task_id: int) -> Task:
    return Task.objects.select_related("owner").get(pk=min(task_id, BIGINT))


def _colleague(email: str) -> User | None:
    if not email:
        return None
    found = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if found is None:
        raise ApiError(
            422,
            "invalid",
            f"{email[:80]} is no active colleague",
            field="owner",
            remedy="use a mail address from /api/v1/team, or an empty text for nobody",
        )
    return found
