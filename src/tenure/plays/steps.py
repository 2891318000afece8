"""What each kind of step does, for a set of enrolments that stand at it.

A step gives, for each enrolment, where it goes next and when; messages and tasks are handed in
under keys made of enrolment and step, in the same transaction, so that a step done twice is done
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from tenure.accounts.models import Account
from tenure.analytics.experiments.assignment import arm
from tenure.channels import registry
from tenure.channels.drafts import Draft, submit
from tenure.channels.kinds import About
from tenure.plays import history, matching, people, policy, reasons, words
from tenure.plays.contents import content
from tenure.plays.models import Enrolment
from tenure.plays.spec import (
    END,
    POSTS,
    WRITES,
    BranchStep,
    EndStep,
    Play,
    SplitStep,
    Step,
    TaskStep,
    UpdateStep,
    WaitStep,
)
from tenure.work.tasks.actions import TaskDraft, open_tasks


@dataclass
class Move:
    """Where an enrolment goes from a step: ``to`` a step (or the end), at ``at``."""

    row: Enrolment
    to: str
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class EnrolmentGroup:
    """A set of enrolments of one play and version at one step, now."""

    name: str
    play: Play
    rows: Sequence[Enrolment]
    now: datetime
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def following(self, step: Step) -> str:
        """The step after ``step``."""
        position = self.play.position(step.id) + 1
        return self.play.steps[position].id if position < len(self.play.steps) else END

    def all_to(self, target: str, at: datetime | None = None) -> list[Move]:
        """Everybody goes to ``target``."""
        return [Move(row, target, at or self.now) for row in self.rows]

    def source(self) -> str:
        """How messages and tasks of the play are marked."""
        return source(self.name)


def source(name: str) -> str:
    """How the messages and tasks of a play are marked."""
    return f"play:{name}"


def take(step: Step, at: EnrolmentGroup) -> list[Move]:
    """Do ``step`` for everybody who stands at it."""
    return _DO[type(step)](step, at)


def _write(step: Step, at: EnrolmentGroup) -> list[Move]:
    """Hand one message in for everybody who can be reached; the others go on, and it is noted."""
    told, reached = _filled(at), _reached(at, step.kind)
    drafts, moves = [], []
    for row in at.rows:
        contact = reached.get(row.pk)
        note = "" if contact else f"{step.id}: nobody to write to at {row.account_id}"
        moves.append(Move(row, at.following(step), at.now, note))
        if contact is None:
            continue
        values = {**told.get(row.account_id, {}), **people.person_words(contact)}
        address = contact.email if registry.kind(step.kind).to == "email" else contact.id
        said = content(step, values, About(locale=contact.locale))
        drafts.append(
            Draft(
                _key(at.name, row, step),
                step.kind,
                step.purpose or at.play.purpose,
                address,
                said,
                at.now,
                at.source(),
                contact.id,
                row.account_id,
                at.play.caps,
                step.urgent,
            )
        )
    submit(drafts, now=at.now)
    return moves


def _reached(at: EnrolmentGroup, way: str) -> dict[int, people.Contact]:
    """Whom each enrolment writes to on the channel ``way``, by enrolment."""
    if at.play.unit == "person":
        known = people.by_id({row.person_id for row in at.rows}, way)
        return {row.pk: known[row.person_id] for row in at.rows if row.person_id in known}
    found = people.contacts({row.account_id for row in at.rows}, at.play.to, way)
    return {row.pk: found[row.account_id] for row in at.rows if row.account_id in found}


def _filled(at: EnrolmentGroup) -> Mapping[str, Mapping[str, Any]]:
    return at.words or people.account_words(
        {row.account_id for row in at.rows}, at.play.told_signals()
    )


def _key(name: str, row: Enrolment, step: Step) -> str:
    return f"play:{name}:{row.pk}:{step.id}"


def _post(step: Step, at: EnrolmentGroup) -> list[Move]:
    told = _filled(at)
    drafts = []
    for row in at.rows:
        about = About(f"play.{at.name}.{step.id}", row.account_id, row.person_id)
        drafts.append(
            Draft(
                _key(at.name, row, step),
                step.kind,
                "service",
                step.endpoint,
                content(step, told.get(row.account_id, {}), about),
                at.now,
                at.source(),
                row.person_id,
                row.account_id,
            )
        )
    submit(drafts, now=at.now)
    return at.all_to(at.following(step))


def _task(step: TaskStep, at: EnrolmentGroup) -> list[Move]:
    told = _filled(at)
    open_tasks(
        [
            TaskDraft(
                key=f"{at.source()}:{row.account_id}:{step.id}",
                account_id=row.account_id,
                person_id=row.person_id,
                title=words.fill(step.title, told.get(row.account_id, {})),
                reason=_reason(at.play, row),
                words=words.fill(step.words, told.get(row.account_id, {})),
                due_at=at.now + timedelta(hours=step.due_hours),
                source=at.source(),
                owner_role=step.role,
            )
            for row in at.rows
        ],
        now=at.now,
    )
    return at.all_to(at.following(step))


def _reason(play: Play, row: Enrolment) -> str:
    rule = getattr(play.trigger, "rule", None)
    facts = reasons.told(row.why, rule.fields() if rule else ())
    return f"{play.title}: {facts}." if facts else f"{play.title}."


def _wait(step: WaitStep, at: EnrolmentGroup) -> list[Move]:
    return at.all_to(at.following(step), at.now + step.span())


def _branch(step: BranchStep, at: EnrolmentGroup) -> list[Move]:
    if step.rule is not None:
        yes = matching.now(step.rule, {row.account_id for row in at.rows})
        chosen = {row.pk for row in at.rows if row.account_id in yes}
    else:
        since = {row.subject: row.entered_at for row in at.rows}
        subjects = history.did(step.did, at.play.unit, since)
        chosen = {row.pk for row in at.rows if row.subject in subjects}
    return [Move(row, step.then if row.pk in chosen else step.otherwise, at.now) for row in at.rows]


def _split(step: SplitStep, at: EnrolmentGroup) -> list[Move]:
    moves, salt = [], policy.salt()
    for row in at.rows:
        target = arm(row.account_id, f"{at.name}:{step.id}", step.arms, salt)
        row.arms = {**row.arms, step.id: target}
        moves.append(Move(row, target, at.now))
    return moves


def _update(step: UpdateStep, at: EnrolmentGroup) -> list[Move]:
    with transaction.atomic():
        for account in Account.objects.select_for_update().filter(
            pk__in={row.account_id for row in at.rows}
        ):
            account.traits = {**account.traits, step.field: step.value}
            account.save(update_fields=["traits"])
    return at.all_to(at.following(step))


def _end(_step: EndStep, at: EnrolmentGroup) -> list[Move]:
    return at.all_to(END)


_DO: dict[type, Callable[[Any, EnrolmentGroup], list[Move]]] = {
    **dict.fromkeys(WRITES, _write),
    **dict.fromkeys(POSTS, _post),
    TaskStep: _task,
    WaitStep: _wait,
    BranchStep: _branch,
    SplitStep: _split,
    UpdateStep: _update,
    EndStep: _end,
}
