"""To whom work is handed, and in which shape it reaches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from pydantic import TypeAdapter, ValidationError

from tenure.accounts.models import Account
from tenure.analytics.errors import SpecError
from tenure.channels import registry
from tenure.channels.chat.escaping import escaped
from tenure.channels.drafts import Draft, submit
from tenure.channels.models import Endpoint
from tenure.core.models import User
from tenure.health import queries as health
from tenure.work.portfolio.models import HandOff
from tenure.work.portfolio.spec import HandOffKind
from tenure.work.portfolio.spec import Receiver as ReceiverText
from tenure.work.tasks.actions import TaskDraft, hand_over, open_tasks
from tenure.work.tasks.models import Task

PURPOSE = "service"
_GRAMMAR: TypeAdapter[str] = TypeAdapter(ReceiverText)
_MONTHS = 12


@dataclass(frozen=True)
class Receiver:
    """Who gets it: ``way`` is task, webhook or chat; ``user`` for a task, ``name`` an endpoint."""

    text: str
    way: str
    user: User | None = None
    name: str = ""


def receiver(text: str) -> Receiver:
    """The receiver called ``text``; SpecError if there is none."""
    try:
        kind, _, name = _GRAMMAR.validate_python(text.strip()).partition(":")
    except ValidationError:
        raise SpecError(
            "hand-off",
            "receiver",
            f"{text!r} is nobody",
            "use role:NAME, person:MAIL ADDRESS, webhook:NAME or chat:NAME",
        ) from None
    if kind in registry.addressed_to("endpoint"):
        if not Endpoint.objects.filter(name=name, channel=kind, active=True).exists():
            raise _nobody(
                f"there is no {kind} endpoint {name!r} that is on",
                "make it under Settings, Endpoints",
            )
        return Receiver(text.strip(), kind, name=name)
    people = User.objects.filter(is_active=True).order_by("pk")
    found = people.filter(role=name) if kind == "role" else people.filter(email__iexact=name)
    user = found.first()
    if user is None:
        raise _nobody(f"no active colleague is {name!r}", "choose another receiver")
    return Receiver(text.strip(), "task", user)


def _nobody(problem: str, remedy: str) -> SpecError:
    return SpecError("hand-off", "receiver", problem, remedy)


def hand(
    row: HandOff,
    kind: HandOffKind,
    to: Receiver,
    account: Account | None,
    by: object,
    now: datetime,
) -> None:
    """Bring it to the receiver, in the caller's transaction."""
    if to.way == "task":
        _task(row, kind, to.user, by, now)
        return
    told = context(row, kind, account)
    content = registry.kind(to.way).note("hand_off.opened", told, as_text(told))
    submit(
        [
            Draft(
                row.source,
                to.way,
                PURPOSE,
                to.name,
                content,
                now,
                source=row.source,
                account_id=row.account_id,
            )
        ],
        now=now,
    )


def _task(row: HandOff, kind: HandOffKind, to: User | None, by: object, now: datetime) -> None:
    lines = [row.why, *row.links, f"What came back goes here: {address(row)}"]
    draft = TaskDraft(
        key=row.source,
        account_id=row.account_id,
        title=f"{kind.title}: {row.title}",
        due_at=row.due_at,
        reason="\n".join(lines),
        source=row.source,
    )
    open_tasks([draft], now=now)
    task = Task.objects.get(key=row.source)
    if task.owner != to:
        hand_over(task, to, kind.title, by, now=now)


def address(row: HandOff) -> str:
    """Where a person reads it and says what came back."""
    return f"{settings.PUBLIC_URL}/portfolio/hand-offs/{row.pk}/"


def context(row: HandOff, kind: HandOffKind, account: Account | None) -> dict[str, Any]:
    """All that a system needs: what, why, for whom, by when, and where the answer goes."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "title": f"{kind.title}: {row.title}",
        "why": row.why,
        "asks": kind.asks,
        "links": row.links,
        "account": _account(account) if account else None,
        "opened_by": row.opened_by,
        "due_at": row.due_at.isoformat(),
        "page": address(row),
        "answer_to": f"{settings.PUBLIC_URL}/api/v1/portfolio/hand-offs/{row.pk}/back",
    }


def _account(account: Account) -> dict[str, Any]:
    score = health.account_health(account.pk)
    return {
        "id": account.pk,
        "name": account.name,
        "page": f"{settings.PUBLIC_URL}/accounts/a/{quote(account.pk)}",
        "yearly_value_minor": account.mrr_minor * _MONTHS,
        "currency": account.currency,
        "owner": account.owner.email if account.owner else account.owner_email,
        "stage": account.stage,
        "health": score.shown_health if score else None,
        "risk_level": score.risk_level if score else "",
    }


def as_text(told: dict[str, Any]) -> str:
    """The same for people in a chat."""
    about = told["account"]
    lines = [f"*{escaped(told['title'])}*", escaped(told["why"])]
    if about:
        lines.append(f"Account: {escaped(about['name'] or about['id'])} {about['page']}")
    lines += map(escaped, told["links"])
    lines.append(f"By {told['due_at'][:10]}, asked by {told['opened_by']}. Answer: {told['page']}")
    return "\n".join(lines)
