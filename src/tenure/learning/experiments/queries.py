"""What pages, API and commands ask of experiments: those kept here, the hold-outs of plays, and the
split of the cancel flow. Everything here only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenure.learning.experiments import measuring
from tenure.learning.experiments.models import RUNNING, Experiment, Reading
from tenure.plays import effect
from tenure.plays import policy as plays
from tenure.plays.models import Enrolment
from tenure.programs.cancel import queries as cancel

_SHOWN = (
    "key",
    "title",
    "hypothesis",
    "metric",
    "higher_is_better",
    "guardrails",
    "arms",
    "control",
    "segment",
    "effect",
    "days",
    "watched",
    "plan",
    "state",
    "made_by",
    "made_at",
    "started_at",
    "stopped_at",
    "learned",
)


@dataclass(frozen=True)
class Trial:
    """A comparison that runs by itself: a play against its hold-out, or a split of offers."""

    kind: str
    name: str
    title: str
    verdict: str
    text: str


def listed(state: str = "") -> list[Experiment]:
    """Experiments, the newest first."""
    rows = Experiment.objects.order_by("-made_at", "-pk")
    return list(rows.filter(state=state) if state else rows)


def one(key: str) -> Experiment | None:
    """An experiment by its key."""
    return Experiment.objects.filter(key=key).first()


def latest(row: Experiment) -> Reading | None:
    """The last look."""
    return row.readings.order_by("at", "pk").last()


def headline(row: Experiment) -> str:
    """The verdicts of the last look in a few words; empty before the first."""
    seen = latest(row)
    results = seen.result["results"] if seen else []
    return "; ".join(f"{r['treated']}: {r['headline']}" for r in results)


def counts(row: Experiment) -> dict[str, int]:
    """Units in each arm."""
    found = dict.fromkeys(row.arms, 0)
    for name in row.units.values_list("arm", flat=True):
        found[name] += 1
    return found


def ends_at(row: Experiment) -> datetime | None:
    """When a running experiment has run as long as planned."""
    running = row.state == RUNNING and row.started_at is not None
    return row.started_at + timedelta(days=row.days) if running and row.started_at else None


def detail(key: str) -> dict[str, Any] | None:
    """One experiment with every look at it, as JSON; None if there is none."""
    row = one(key)
    if row is None:
        return None
    return {
        **{name: getattr(row, name) for name in _SHOWN},
        "metric_title": measuring.title(row.metric),
        "counts": counts(row),
        "readings": list(row.readings.order_by("at", "pk").values("at", "final", "result")),
    }


def trials(now: datetime) -> list[Trial]:
    """What plays and the cancel flow have shown so far, of those with anybody in them."""
    found = []
    for name in sorted(set(Enrolment.objects.values_list("play", flat=True))):
        if name in plays.names():
            play = plays.play(name)
            told = effect.of(name, play, now).goal
            if told is not None:
                found.append(Trial("play", name, play.title, told.headline, told.text))
    split = [r for r in cancel.split_test(now) if r.n_control + r.n_treated]
    found += [
        Trial("cancel", r.treated, f"Cancel flow: {r.treated}", r.headline, r.text) for r in split
    ]
    return found
