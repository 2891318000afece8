"""Plays: what there is, who is in them and why, whether they help; switching and putting in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Schema

from tenure.analytics.errors import SpecError
from tenure.kit.rest.auth import caller
from tenure.kit.rest.errors import not_found
from tenure.kit.rest.paging import AfterId, Limit, page
from tenure.kit.rest.routing import Endpoints
from tenure.plays import effect, policy, queries, switching
from tenure.plays.models import OFF, Enrolment, PlaySwitch
from tenure.plays.spec import Play

endpoints = Endpoints("plays")


class PlayOut(Schema):
    """A play; its text is the policy document ``plays/NAME``. Counts are of the last 30 days."""

    name: str
    title: str
    about: str
    purpose: str
    unit: str
    whom: str = Field(description="meant for: customers, former or everyone")
    state: str = Field(description="on, paused or off")
    version: int = Field(description="0 is the packaged one")
    trigger: str = Field(description="the kind of its trigger")
    inside: int
    entered: int
    held_out: int
    reached: int = Field(description="of those entered, how many reached the goal so far")


class ArmOut(Schema):
    """A verdict with its interval; no ``difference`` where nothing can be said."""

    verdict: str
    headline: str
    text: str
    level: float
    held_out: int
    held_out_mean: float
    treated: int
    treated_mean: float
    difference: float | None
    low: float | None
    high: float | None


class EffectOut(Schema):
    """Those let in against those held out, of rounds whose time for the goal is over."""

    judged: int
    running: int
    goal: ArmOut | None
    stayed: ArmOut | None


class RoundOut(Schema):
    """One round of an account or person in a play."""

    id: int
    account_id: str
    person_id: str
    state: str
    held_out: bool
    step: str
    version: int
    why: dict[str, Any]
    note: str
    entered_at: datetime
    ended_at: datetime | None
    goal_at: datetime | None


class RoundsOut(Schema):
    """A page of rounds, newest first."""

    items: list[RoundOut]
    next_cursor: int | None


class StateIn(Schema):
    """What a play shall be."""

    state: Literal["on", "paused", "off"]


class StateOut(Schema):
    """What it is now; ``stopped`` is how many were taken out."""

    state: str
    stopped: int


class AccountsIn(Schema):
    """Ids of accounts."""

    accounts: list[str] = Field(min_length=1, max_length=10_000)


class EnteredOut(Schema):
    """How many came in; the others are in it already, or may not enter again."""

    entered: int


class WhyIn(Schema):
    """A reason."""

    reason: str = Field(min_length=1, max_length=2000)


@endpoints.get("", "plays.view", list[PlayOut])
def list_plays(request: HttpRequest) -> list[dict[str, Any]]:
    """Every play that can be read."""
    now = datetime.now(UTC)
    counts = queries.by_play(now - timedelta(days=queries.LATELY))
    states = dict(PlaySwitch.objects.values_list("play", "state"))
    found = []
    for name in policy.names():
        try:
            play = policy.play(name)
        except SpecError:
            continue
        found.append(_as_json(name, play, states.get(name, OFF), counts.get(name)))
    return found


@endpoints.get("/{slug:name}", "plays.view", PlayOut)
def get_play(request: HttpRequest, name: str) -> dict[str, Any]:
    """One play."""
    play = _play(name)
    since = datetime.now(UTC) - timedelta(days=queries.LATELY)
    switch = PlaySwitch.objects.filter(pk=name).first()
    counts = queries.by_play(since, name).get(name)
    return _as_json(name, play, switch.state if switch else OFF, counts)


def _play(name: str) -> Play:
    if name not in policy.names():
        raise not_found("play", name)
    return policy.play(name)


def _as_json(name: str, play: Play, state: str, counts: queries.Counts | None) -> dict[str, Any]:
    return {
        "name": name,
        "title": play.title,
        "about": play.about,
        "purpose": play.purpose,
        "unit": play.unit,
        "whom": play.meant_for,
        "state": state,
        "version": policy.version(name),
        "trigger": play.trigger.kind,
        "inside": counts.inside if counts else 0,
        "entered": counts.entered if counts else 0,
        "held_out": counts.held_out if counts else 0,
        "reached": counts.reached if counts else 0,
    }


@endpoints.get("/{slug:name}/effect", "plays.view", EffectOut)
def get_effect(request: HttpRequest, name: str) -> dict[str, Any]:
    """Whether it helps."""
    found = effect.of(name, _play(name), datetime.now(UTC))
    return {
        "judged": found.judged,
        "running": found.running,
        "goal": _arm(found.goal),
        "stayed": _arm(found.stayed),
    }


def _arm(result: Any) -> dict[str, Any] | None:
    if result is None:
        return None
    apart = result.difference
    return {
        "verdict": result.verdict,
        "headline": result.headline,
        "text": result.text,
        "level": result.level,
        "held_out": result.n_control,
        "treated": result.n_treated,
        "held_out_mean": result.control_mean,
        "treated_mean": result.treated_mean,
        "difference": apart.value if apart else None,
        "low": apart.low if apart else None,
        "high": apart.high if apart else None,
    }


@endpoints.get("/{slug:name}/rounds", "plays.view", RoundsOut)
def list_rounds(
    request: HttpRequest,
    name: str,
    state: Literal["active", "done", "exited", "held_out", "stopped", ""] = "",
    account: str = "",
    limit: Limit = 50,
    cursor: AfterId = None,
) -> dict[str, Any]:
    """Who was let in or held out, and why, newest first."""
    _play(name)
    rows = Enrolment.objects.filter(play=name).order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if account:
        rows = rows.filter(account_id=account)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor)
    return page(list(rows[: limit + 1]), limit, lambda row: row.pk)


@endpoints.post("/{slug:name}/state", "plays.edit", StateOut)
def set_state(request: HttpRequest, name: str, data: StateIn) -> dict[str, Any]:
    """Switch it on, pause it, or stop it: then everybody in it is taken out."""
    _play(name)
    by, now, stopped = caller(request), datetime.now(UTC), 0
    if data.state == "on":
        switching.switch_on(name, by, now=now)
    elif data.state == "paused":
        switching.pause(name, by, now=now)
    else:
        stopped = switching.stop(name, by, now=now)
    return {"state": data.state, "stopped": stopped}


@endpoints.post("/{slug:name}/rounds", "plays.enrol", EnteredOut)
def put_in(request: HttpRequest, name: str, data: AccountsIn) -> dict[str, int]:
    """Put accounts in by hand; entry rule and hold-out still count."""
    _play(name)
    return {
        "entered": switching.put_in(name, data.accounts, caller(request), now=datetime.now(UTC))
    }


@endpoints.post("/rounds/{int:pk}/stop", "plays.enrol", RoundOut)
def take_out(request: HttpRequest, pk: int, data: WhyIn) -> Enrolment:
    """Take one out, for a reason; what has not gone yet will not go."""
    row = Enrolment.objects.filter(pk=pk).first()
    if row is None:
        raise not_found("round", str(pk))
    switching.take_out(row, data.reason, caller(request), now=datetime.now(UTC))
    row.refresh_from_db()
    return row
