"""A play in words: when it begins, what happens on which day, what it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.channels import registry
from tenure.health.pages.sentences import Naming, of_rule, plain
from tenure.plays.spec import (
    END,
    AbsenceTrigger,
    BranchStep,
    DateTrigger,
    EndStep,
    Entry,
    EventTrigger,
    Goal,
    InactiveTrigger,
    Play,
    ScheduleTrigger,
    SplitStep,
    Step,
    StreakTrigger,
    TaskStep,
    Trigger,
    UpdateStep,
    WaitStep,
    WhenTrigger,
    targets,
)

DATES = {
    "created_at": "they became a customer",
    "renews_at": "the term ends",
    "churned_at": "they left",
    "stage_since": "they entered their stage",
}
WHOM = {
    "customers": "customers, and who has not bought yet",
    "former": "who left",
    "everyone": "everyone, whether they left or not",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
KINDS = {
    **{name: (kind.title, kind.icon) for name, kind in registry.kinds().items()},
    "task": ("Task", "checks"),
    "wait": ("Wait", "clock"),
    "branch": ("Branch", "git-compare"),
    "split": ("Split test", "percentage"),
    "update": ("Update a field", "pencil"),
    "end": ("End", "flag"),
}
TEXTS = ("text", "words", "body")
HEADINGS = ("subject", "title")


@dataclass(frozen=True)
class Line:
    """A step as it is shown: ``days`` are the earliest and latest since entering."""

    step: Step
    kind: str
    icon: str
    heading: str
    text: str
    when: str


def trigger(play: Play, naming: Naming = plain) -> str:
    """When it begins, as a sentence without its full stop."""
    return _trigger(play.trigger, naming)


def _trigger(given: Trigger, naming: Naming) -> str:
    if isinstance(given, WhenTrigger):
        held = f", for {_days(given.for_days)} or longer" if given.for_days else ""
        return f"When {of_rule(given.rule, naming)}{held}"
    if isinstance(given, EventTrigger):
        where = ", ".join(f"{key} is {value}" for key, value in given.where.items())
        return f"When “{given.event}” happens" + (f" with {where}" if where else "")
    if isinstance(given, AbsenceTrigger):
        return f"When “{given.without}” has not happened {_days(given.days)} after “{given.after}”"
    if isinstance(given, DateTrigger):
        return f"{_around(given.days)} {DATES[given.field]}"
    if isinstance(given, InactiveTrigger):
        return (
            f"When a person was last seen {given.days} days ago, and not {given.until_days} or more"
        )
    if isinstance(given, StreakTrigger):
        return (
            f"When a person came on {_days(given.days)} in a row, not yet today, and "
            f"{_hours(given.hours)} of their day are left"
        )
    if isinstance(given, ScheduleTrigger):
        return f"{_every(given)}, at {given.hour:02d}:00 UTC"
    return "When somebody puts an account in by hand"


def _every(given: ScheduleTrigger) -> str:
    if given.every == "week":
        return f"Every {WEEKDAYS[given.on - 1]}"
    return "Every day" if given.every == "day" else f"On day {given.on} of every month"


def _around(days: int) -> str:
    if days == 0:
        return "On the day"
    return f"{_days(abs(days))} {'after' if days > 0 else 'before'}"


def _days(number: float) -> str:
    """A number of days in words.

    >>> _days(1), _days(14)
    ('1 day', '14 days')
    """
    return f"{number:g} day" + ("" if number == 1 else "s")


def entry(given: Entry) -> str:
    """Who may come in again."""
    if given.again == "once":
        return "Each may enter once"
    if given.again == "always":
        return "Each may enter every time it applies"
    return f"Each may enter again {_days(given.days)} after the last time"


def goal(given: Goal, naming: Naming = plain) -> str:
    """What counts as success."""
    if given.rule is not None:
        what = of_rule(given.rule, naming)
    else:
        what = "anything happens" if given.event == "*" else f"“{given.event}” happens"
    span = _days(given.days)
    return f"{what}, {span} after entering" if given.at == "end" else f"{what}, within {span}"


def lines(play: Play, naming: Naming = plain) -> list[Line]:
    """The steps in order, with what each says and the day it comes on."""
    days = when(play)
    found = []
    for step in play.steps:
        title, icon = KINDS.get(step.kind, (step.kind, "circle"))
        heading, text = _content(step, naming)
        found.append(Line(step, title, icon, heading, text, _when(days.get(step.id))))
    return found


def _content(step: Step, naming: Naming) -> tuple[str, str]:
    if isinstance(step, WaitStep):
        return f"Wait {span(step)}", ""
    if isinstance(step, BranchStep):
        asked = (
            of_rule(step.rule, naming) if step.rule is not None else f"“{step.did}” has happened"
        )
        return f"If {asked}: {_to(step.then)}; otherwise: {_to(step.otherwise)}", ""
    if isinstance(step, SplitStep):
        whole = sum(step.arms.values())
        ways = [f"{share / whole:.0%} {_to(to)}" for to, share in step.arms.items()]
        return "; ".join(ways), ""
    if isinstance(step, UpdateStep):
        return f"Set {step.field} to {step.value}", ""
    if isinstance(step, EndStep):
        return "The play ends here", ""
    if isinstance(step, TaskStep):
        return f"{step.title} (due in {_hours(step.due_hours)})", step.words
    heading = next((str(getattr(step, k)) for k in HEADINGS if getattr(step, k, "")), "")
    text = next((str(getattr(step, k)) for k in TEXTS if getattr(step, k, "")), "")
    return heading or step.id, text


def _to(name: str) -> str:
    return "end" if name == END else f"go to “{name}”"


def span(step: WaitStep) -> str:
    """How long a step waits.

    >>> span(WaitStep(id="w", kind="wait", days=2, hours=6))
    '2 days and 6 hours'
    """
    parts = [_days(step.days)] if step.days else []
    parts += [_hours(step.hours)] if step.hours else []
    return " and ".join(parts)


def _hours(number: float) -> str:
    return f"{number:g} hour" + ("" if number == 1 else "s")


def when(play: Play) -> dict[str, tuple[float, float]]:
    """The earliest and the latest day, counted from entering, on which each step is reached."""
    found: dict[str, tuple[float, float]] = {play.steps[0].id: (0.0, 0.0)}
    for index, step in enumerate(play.steps):
        if step.id not in found:
            continue  # no way leads here
        low, high = found[step.id]
        if isinstance(step, WaitStep):
            length = step.span().total_seconds() / 86_400
            low, high = low + length, high + length
        for target in _after(play, index, step):
            known = found.get(target, (low, high))
            found[target] = (min(known[0], low), max(known[1], high))
    return found


def _after(play: Play, index: int, step: Step) -> Sequence[str]:
    if isinstance(step, BranchStep | SplitStep):
        return [t for t in targets(step) if t != END]
    if isinstance(step, EndStep) or index + 1 == len(play.steps):
        return []
    return [play.steps[index + 1].id]


def _when(days: tuple[float, float] | None) -> str:
    """Words for a range of days.

    >>> _when((0, 0)), _when((2, 2)), _when((2, 9.5)), _when(None)
    ('at once', 'day 2', 'day 2 to 9.5', 'never reached')
    """
    if days is None:
        return "never reached"
    low, high = (round(d, 1) for d in days)
    if low == high:
        return "at once" if low == 0 else f"day {low:g}"
    return f"day {low:g} to {high:g}"


def evidence(why: Mapping[str, Any], naming: Naming = plain) -> list[tuple[str, str]]:
    """What was so when somebody entered, with titles."""
    return [(naming(key)[0], _value(value)) for key, value in why.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}"
    return re.sub(r"T(\d\d:\d\d).*", r" \1", str(value))
