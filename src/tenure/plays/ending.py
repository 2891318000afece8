"""Leaving a play: because its exit holds, its goal is reached, or its time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from django.db import transaction

from tenure.channels import drafts
from tenure.plays import advance, history, matching, policy, steps, whom
from tenure.plays.models import ACTIVE, EXITED, HELD_OUT, OFF, Enrolment, PlaySwitch
from tenure.plays.spec import Goal, Play
from tenure.work.tasks import actions as tasks

_PAGE = 2000


def after_scoring(everyone: pa.Table, as_of: datetime, now: datetime) -> None:
    """Exits and goals that a scoring shows, for everybody who is in (or was, for goals)."""
    for name, play in watched().items():
        _not_meant_now(name, play, now)
        if play.exit is not None:
            _exit(name, matching.of(everyone, play.exit), now)
        if play.goal is not None and play.goal.rule is not None:
            _reach(name, play.goal, matching.of(everyone, play.goal.rule), as_of, now)


def by_the_clock(now: datetime) -> None:
    """Who is not meant any more, goals that are events, held-out rounds whose time is over."""
    for name, play in watched().items():
        _not_meant_now(name, play, now)
        if play.goal is not None and play.goal.event:
            _reach_events(name, play, play.goal, now)
        _close_held_out(name, play, now)


def watched() -> dict[str, Play]:
    """Plays that are not off, or that somebody is still counted in."""
    names = set(PlaySwitch.objects.exclude(state=OFF).values_list("play", flat=True))
    return {name: policy.play(name) for name in sorted(names)}


def _not_meant_now(name: str, play: Play, now: datetime) -> None:
    """Stop for whom the play is not meant (any more): who left in a play for customers, who is back
    in one for those who left."""
    inside = Enrolment.objects.filter(play=name, state=ACTIVE).values_list("account_id", flat=True)
    accounts = set(inside)
    if out := accounts - whom.among(play, accounts):
        _exit(name, out, now)


@transaction.atomic
def _exit(name: str, met: set[str], now: datetime) -> None:
    """Stop for whom the exit holds: what waits is not sent, open tasks are taken back."""
    inside = Enrolment.objects.select_for_update().filter(play=name, state=ACTIVE)
    out = [row for row in inside.iterator(_PAGE) if row.account_id in met and row.entered_at < now]
    for page in _pages(out):
        Enrolment.objects.filter(pk__in=[r.pk for r in page]).update(state=EXITED, ended_at=now)
        keys = [
            f"play:{name}:{r.pk}:{s.id}" for r in page for s in policy.play(name, r.version).steps
        ]
        drafts.cancel(steps.source(name), now=now, keys=keys)
        tasks.cancel(steps.source(name), now=now, accounts={r.account_id for r in page})
        advance.emit("play_exited", name, page, now)


def _pages(rows: Sequence[Enrolment]) -> list[Sequence[Enrolment]]:
    return [rows[i : i + _PAGE] for i in range(0, len(rows), _PAGE)]


def _reach(name: str, goal: Goal, met: set[str], as_of: datetime, now: datetime) -> None:
    """Goals that are rules: at any scoring after entering, or the first after the goal's days."""
    span = timedelta(days=goal.days)
    open_ones = Enrolment.objects.filter(play=name, goal_at=None, entered_at__lt=as_of)
    if goal.at == "end":
        # The first scoring after the window; a day's grace for the scoring that was late.
        grace = timedelta(days=2)
        open_ones = open_ones.filter(
            entered_at__lte=as_of - span, entered_at__gt=as_of - span - grace
        )
    else:
        open_ones = open_ones.filter(entered_at__gte=as_of - span)
    reached = [row for row in open_ones.iterator(_PAGE) if row.account_id in met]
    _keep(name, reached, as_of, now)


def _reach_events(name: str, play: Play, goal: Goal, now: datetime) -> None:
    open_ones = list(
        Enrolment.objects.filter(
            play=name, goal_at=None, entered_at__gte=now - timedelta(days=goal.days)
        )
    )
    since = {row.subject: row.entered_at for row in open_ones}
    did = history.did(goal.event, play.unit, since)
    _keep(name, [row for row in open_ones if row.subject in did], now, now)


def _keep(name: str, rows: Sequence[Enrolment], at: datetime, now: datetime) -> None:
    for page in _pages(rows):
        with transaction.atomic():
            Enrolment.objects.filter(pk__in=[r.pk for r in page]).update(goal_at=at)
            advance.emit("play_goal_reached", name, page, now)


def _close_held_out(name: str, play: Play, now: datetime) -> None:
    days = play.goal.days if play.goal else 0
    Enrolment.objects.filter(
        play=name, state=HELD_OUT, ended_at=None, entered_at__lte=now - timedelta(days=days)
    ).update(ended_at=now)
