"""Taking due enrolments on: in sets, a chunk a transaction, each step once whatever dies.

Within a chunk's transaction every enrolment goes through its steps until it has to wait or ends;
messages, tasks, facts and the new standing are committed together, or not at all.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction

from tenure.facts.inbox import OwnFact, record_own
from tenure.plays import people, policy, steps
from tenure.plays.models import ACTIVE, DONE, ON, Enrolment, PlaySwitch
from tenure.plays.spec import END, Play

_SET = (
    "UPDATE plays_enrolment SET step = %s, due_at = %s, state = %s, ended_at = %s, arms = %s, "
    "note = %s WHERE id = %s"
)


def advance_due(now: datetime) -> int:
    """Take the next chunk of due enrolments on; gives how many. 0: nothing is due."""
    with transaction.atomic():
        rows = _due(now)
        groups: dict[tuple[str, int], list[Enrolment]] = defaultdict(list)
        for row in rows:
            groups[row.play, row.version].append(row)
        for (name, version), some in groups.items():
            _advance(name, policy.play(name, version), some, now)
    return len(rows)


def _due(now: datetime) -> list[Enrolment]:
    on = list(PlaySwitch.objects.filter(state=ON).values_list("play", flat=True))
    due = Enrolment.objects.select_for_update(skip_locked=True).filter(
        state=ACTIVE, due_at__lte=now, play__in=on
    )
    return list(due.order_by("due_at")[: policy.numbers().chunk])


def _advance(name: str, play: Play, rows: Sequence[Enrolment], now: datetime) -> None:
    told = people.account_words({row.account_id for row in rows}, play.told_signals())
    waiting = list(rows)
    for step in play.steps:  # steps only lead forward, so one pass over them is enough
        here = [row for row in waiting if row.step == step.id and row.due_at <= now]
        if not here:
            continue
        for move in steps.take(step, steps.EnrolmentGroup(name, play, here, now, told)):
            move.row.step, move.row.due_at = move.to, move.at
            if move.note:
                move.row.note = "\n".join(filter(None, [move.row.note, move.note]))
    _finish(name, rows, now)


def _finish(name: str, rows: Sequence[Enrolment], now: datetime) -> None:
    ended = []
    for row in rows:
        if row.step == END and row.due_at <= now:
            row.state, row.ended_at = DONE, now
            ended.append(row)
    _save(rows)
    emit("play_finished", name, ended, now)


def _save(rows: Sequence[Enrolment]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            _SET,
            [
                (
                    r.step,
                    adapt(r.due_at),
                    r.state,
                    adapt(r.ended_at) if r.ended_at else None,
                    json.dumps(r.arms),
                    r.note,
                    r.pk,
                )
                for r in rows
            ],
        )


def emit(event: str, name: str, rows: Iterable[Enrolment], now: datetime) -> None:
    """What became of enrolments, as facts, in the current transaction."""
    record_own(
        (
            OwnFact(
                event,
                row.account_id,
                now,
                row.person_id or None,
                {"play": name, "version": row.version, "held_out": row.held_out},
                fact_id=f"play:{name}:{row.subject}:{row.round}:{event}",
            )
            for row in rows
        ),
        now=now,
    )
