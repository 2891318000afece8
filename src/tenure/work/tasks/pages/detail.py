"""The page of one task: everything a person needs before they pick up the phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenure.accounts.models import Account
from tenure.core import audit, roles
from tenure.core.models import AuditEntry
from tenure.core.roles import needs
from tenure.health.models import AccountHealth
from tenure.health.pages import bands, models_shown
from tenure.work.tasks import queries, settings
from tenure.work.tasks.actions import WAITING
from tenure.work.tasks.models import CANCELLED, DONE, Task
from tenure.work.tasks.pages import acting, listing, words

STATES = {
    "open": ("Open", "accent"),
    "snoozed": ("Snoozed", "none"),
    "done": ("Done", "good"),
    "cancelled": ("Taken back", "none"),
}
MARKS = {"useful": "Useful", "false_alarm": "False alarm"}
_SIMILAR = 10
_HISTORY = 50


@dataclass(frozen=True)
class Line:
    """Something that happened to the task."""

    at: datetime
    icon: str
    title: str
    detail: str = ""
    who: str = ""


@require_GET
@needs("tasks.view")
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page."""
    row, now = get_object_or_404(Task.objects.select_related("owner"), pk=pk), timezone.now()
    policy = settings.current()
    waiting = row.state in WAITING
    said, role = words.due(row.due_at, now, listing.day_ends(now))
    others = Task.objects.filter(account_id=row.account_id, state__in=WAITING).exclude(pk=row.pk)
    context = {
        "task": row,
        "state": STATES[row.state],
        "due": {"words": said, "role": role},
        "waiting": waiting,
        "acts": waiting and roles.has(request.user, "tasks.edit"),
        "outcomes": policy.outcomes.items(),
        "outcome": policy.outcomes.get(row.outcome, row.outcome),
        "snoozes": [(n, words.snooze(n)) for n in policy.snooze_days],
        "tomorrow": listing.day_ends(now).date(),
        "receivers": acting.receivers() if waiting else [],
        "mark": MARKS.get(row.mark, ""),
        "source": queries.source_title(row.source),
        "play": _play(row.source),
        "judged": next(iter(queries.judged(row.source)), None) if row.source else None,
        "history": history(row, policy.outcomes),
        "similar": others.order_by("due_at", "pk")[:_SIMILAR],
        **_account(row, roles.has(request.user, "health.view")),
    }
    return render(request, "tasks/task.html", context)


def _account(row: Task, sees_health: bool) -> dict[str, Any]:
    account = Account.objects.select_related("owner").filter(pk=row.account_id).first()
    score = None
    if account and sees_health:
        found = AccountHealth.objects.filter(account=account, model=models_shown.default())
        score = found.first()
    return {
        "account": account,
        "score": score,
        "action": bands.of(score.model, score.shown_band).action if score else "",
    }


def _play(source: str) -> str:
    kind, _, name = source.partition(":")
    return reverse("play", args=[name]) if kind == "play" and name else ""


def history(row: Task, outcomes: dict[str, str]) -> list[Line]:
    """What happened to a task, newest first."""
    lines = [Line(row.created_at, "sparkles", "Opened", queries.source_title(row.source))]
    if row.escalated_at:
        lines.append(Line(row.escalated_at, "arrow-up", "Escalated", "It was late for too long"))
    if row.state == CANCELLED and row.closed_at:
        lines.append(Line(row.closed_at, "ban", "Taken back", "What it was about is over"))
    entries = audit.entries(target_kind="task", target_id=str(row.pk))[:_HISTORY]
    told = [_line(entry, outcomes) for entry in entries if entry.action != "task.created"]
    if row.state == DONE and row.closed_at and not any(x.icon == "check" for x in told):
        lines.append(Line(row.closed_at, "check", "Done", row.note, row.closed_by))
    return sorted([*told, *reversed(lines)], key=lambda line: line.at, reverse=True)


def _line(entry: AuditEntry, outcomes: dict[str, str]) -> Line:
    after = entry.after or {}
    kind = entry.action.removeprefix("task.")
    if kind == "closed":
        key = str(after.get("outcome", ""))
        return Line(entry.at, "check", f"Done: {outcomes.get(key, key)}", entry.why, entry.actor)
    if kind == "snoozed":
        until = datetime.fromisoformat(after["until"])
        day = timezone.localtime(until).strftime("%-d %b %Y")
        return Line(entry.at, "clock", f"Snoozed until {day}", entry.why, entry.actor)
    if kind == "handed_over":
        to = after.get("owner") or "nobody"
        return Line(entry.at, "users", f"Handed to {to}", entry.why, entry.actor)
    if kind == "marked":
        said = MARKS.get(str(after.get("mark", "")), "")
        return Line(entry.at, "flag", f"Marked: {said.lower()}", entry.why, entry.actor)
    return Line(entry.at, "pencil", kind.replace("_", " ").capitalize(), entry.why, entry.actor)
