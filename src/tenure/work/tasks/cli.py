"""``tenure tasks``: what to do first, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenure.kit.commands.output import CommandError, print_json, print_rows, say

if TYPE_CHECKING:
    from tenure.work.tasks.models import Task

ACTOR = "command line"
COLUMNS = {
    "id": "Task",
    "due_at": "Due",
    "account_id": "Account",
    "title": "What",
    "owner": "Owner",
    "value": "At stake",
    "escalated": "Escalated",
}
_MOST_DAYS = 3650

commands = typer.Typer(no_args_is_help=True, help="List tasks, end and snooze them.")


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(commands, name="tasks")


@commands.command("list")
def list_tasks(
    owner: Annotated[str, typer.Option(help="Mail address of the owner, or nobody.")] = "",
    state: Annotated[str, typer.Option(help="open, snoozed, done or cancelled.")] = "open",
    segment: Annotated[str, typer.Option(help="Only accounts of this segment.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the tasks as JSON.")] = False,
) -> None:
    """Tasks by due time."""
    from tenure.kit.commands.boot import setup

    setup()
    from tenure.work.tasks import queries

    if state not in queries.STATES:
        raise CommandError(f"--state: {state!r} is no state", f"use {', '.join(queries.STATES)}")
    rows = queries.find(state=state, unowned=owner == "nobody", segment=segment)
    if owner and owner != "nobody":
        rows = rows.filter(owner__email=owner.lower())
    found = rows.select_related("owner").order_by("due_at", "pk")[:limit]
    print_rows(
        [_as_json(task) for task in found],
        COLUMNS,
        as_json=as_json,
        empty="No task fits. Plays open tasks when something calls for a person.",
    )


@commands.command("done")
def done(
    task_id: Annotated[int, typer.Argument(metavar="TASK", help="Number of the task.")],
    outcome: Annotated[str, typer.Option(help="How it ended: a key of policy tasks.")] = "reached",
    note: Annotated[str, typer.Option(help="What is worth remembering.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the task as JSON.")] = False,
) -> None:
    """End a task with an outcome."""
    from datetime import UTC, datetime

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.work.tasks import actions

    actions.close(_one(task_id), outcome, note, ACTOR, now=datetime.now(UTC))
    _say(task_id, "Done: {title}", as_json)


@commands.command("snooze")
def snooze(
    task_id: Annotated[int, typer.Argument(metavar="TASK", help="Number of the task.")],
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="For so many days.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the task as JSON.")] = False,
) -> None:
    """Put a task away for some days."""
    from datetime import UTC, datetime, timedelta

    from tenure.kit.commands.boot import setup

    setup()
    from tenure.work.tasks import actions

    now = datetime.now(UTC)
    actions.snooze(_one(task_id), now + timedelta(days=days), ACTOR, now=now)
    _say(task_id, "Snoozed until {until}: {title}", as_json)


def _one(task_id: int) -> Task:
    from tenure.work.tasks.models import Task

    found = Task.objects.select_related("owner").filter(pk=task_id).first()
    if found is None:
        raise CommandError(f"there is no task {task_id}", "see 'tenure tasks list'")
    return found


def _say(task_id: int, text: str, as_json: bool) -> None:
    task = _one(task_id)
    if as_json:
        print_json(_as_json(task))
        return
    until = task.snoozed_until.strftime("%Y-%m-%d %H:%M") if task.snoozed_until else ""
    values = {"title": task.title, "until": until}
    say(text, **{k: v for k, v in values.items() if "{" + k + "}" in text})


def _as_json(task: Task) -> dict[str, Any]:
    from tenure.metrics.revenue.cli.metrics import whole

    keys = (
        "id",
        "account_id",
        "title",
        "reason",
        "words",
        "due_at",
        "value_minor",
        "currency",
        "source",
        "state",
        "snoozed_until",
        "outcome",
        "note",
        "mark",
    )
    return {
        **{key: getattr(task, key) for key in keys},
        "owner": task.owner.email if task.owner else "",
        "value": f"{whole(task.value_minor, task.currency)} {task.currency}"
        if task.value_minor
        else "",
        "escalated": task.escalated_at is not None,
    }
