"""A play as it is written down: when it begins, for whom, what happens in which order, what for.

Pure: TOML in, a checked ``Play`` out. The language is described in docs/rules/plays.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule
from tenure.channels.settings import Cap
from tenure.plays.step_specs import (
    END,
    POSTS,
    STEP_NAME,
    WRITES,
    BranchStep,
    EndStep,
    SplitStep,
    Step,
    TaskStep,
    UpdateStep,
    WaitStep,
    targets,
)
from tenure.plays.trigger_specs import (
    AbsenceTrigger,
    DateTrigger,
    EventTrigger,
    InactiveTrigger,
    ManualTrigger,
    ScheduleTrigger,
    Spec,
    StreakTrigger,
    Trigger,
    WhenTrigger,
)

__all__ = [
    "END",
    "POSTS",
    "STEP_NAME",
    "WRITES",
    "AbsenceTrigger",
    "BranchStep",
    "DateTrigger",
    "EndStep",
    "EventTrigger",
    "InactiveTrigger",
    "ManualTrigger",
    "Play",
    "ScheduleTrigger",
    "SplitStep",
    "Step",
    "StreakTrigger",
    "TaskStep",
    "Trigger",
    "UpdateStep",
    "WaitStep",
    "WhenTrigger",
    "parse",
    "targets",
]


CUSTOMERS, FORMER, EVERYONE = "customers", "former", "everyone"


class Goal(Spec):
    """What the play is for: an event (``*``: any), or a rule, within ``days`` of entering.

    A rule counts when it holds at any scoring in between, or (``at = "end"``) at the first one
    after ``days``: for goals that hold already when somebody enters, and shall go on to hold.
    """

    title: str = Field(min_length=1)
    event: str = ""
    rule: Rule | None = None
    days: int = Field(ge=1)
    at: Literal["any", "end"] = "any"

    @model_validator(mode="after")
    def _one(self) -> Goal:
        if bool(self.event) == (self.rule is not None):
            raise ValueError("give exactly one of event and rule")
        return self


class Entry(Spec):
    """Who may enter again: never (``once``), ``always``, or after ``days``."""

    again: Literal["once", "always", "after"] = "once"
    days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _days_if_after(self) -> Entry:
        if (self.again == "after") != (self.days > 0):
            raise ValueError('give days with again = "after", and only then')
        return self


class Play(Spec):
    """The whole play.

    ``whom`` it is meant for: ``customers`` (also those who have not bought yet), ``former`` ones,
    or ``everyone``. Nobody else comes in, and who stops being meant is taken out. Without it:
    former customers if it begins at an end, else customers. A ``promise`` is kept to everybody: no
    account is held out of it, not even those held out of all plays.
    """

    title: str = Field(min_length=1)
    about: str = Field(min_length=1)
    needs: tuple[str, ...] = ()
    source: str = ""
    purpose: str
    unit: Literal["account", "person"] = "account"
    whom: Literal["customers", "former", "everyone"] | None = None
    to: tuple[str, ...] = ()
    trigger: Trigger
    audience: Rule | None = None
    entry: Entry = Entry()
    exit: Rule | None = None
    goal: Goal | None = None
    promise: bool = False
    holdout: float | None = Field(default=None, ge=0, lt=1)
    caps: tuple[Cap, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Play:
        if self.promise and self.holdout:
            raise ValueError(
                "a promise is kept to everybody: leave out holdout, or set promise = false"
            )
        names = [step.id for step in self.steps]
        doubled = {n for n in names if names.count(n) > 1}
        if doubled:
            raise ValueError(f"two steps are called {sorted(doubled)[0]!r}")
        for index, step in enumerate(self.steps):
            for target in targets(step):
                if target != END and target not in names:
                    raise ValueError(f"step {step.id!r} goes to {target!r}, which is no step")
                if target != END and names.index(target) <= index:
                    raise ValueError(
                        f"step {step.id!r} goes back to {target!r}: it would never end"
                    )
        if isinstance(self.trigger, InactiveTrigger | StreakTrigger) and self.unit != "person":
            kind = self.trigger.kind
            raise ValueError(f'the trigger "{kind}" is about people: set unit = "person"')
        if isinstance(self.trigger, WhenTrigger | ScheduleTrigger) and self.unit == "person":
            needs_account = self.trigger.kind
            raise ValueError(
                f'the trigger "{needs_account}" is about accounts: set unit = "account"'
            )
        return self

    @property
    def meant_for(self) -> str:
        """``whom``, given or by its trigger."""
        at_the_end = isinstance(self.trigger, DateTrigger) and self.trigger.field == "churned_at"
        return self.whom or (FORMER if at_the_end else CUSTOMERS)

    def position(self, step: str) -> int:
        """Where a step stands; one past the last for the end."""
        names = [s.id for s in self.steps]
        return len(names) if step == END else names.index(step)

    def ways(self) -> set[str]:
        """Channels on which it writes to people."""
        return {step.kind for step in self.steps if isinstance(step, WRITES)}

    def rules(self) -> Iterator[Rule]:
        """Every rule the play looks at."""
        trigger = self.trigger
        found = [self.audience, self.exit, self.goal.rule if self.goal else None]
        found.append(trigger.rule if isinstance(trigger, WhenTrigger) else None)
        found += [s.rule for s in self.steps if isinstance(s, BranchStep)]
        yield from (rule for rule in found if rule is not None)

    def fields(self) -> set[str]:
        """Names of all fields its rules look at."""
        return {name for rule in self.rules() for name in rule.fields()}

    def told_signals(self) -> set[str]:
        """Names of all signals its texts ask for."""
        from tenure.plays import words

        return {name for _, text in self.texts() for name in words.signals(text)}

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text with variables, with the key it stands at."""
        for step in self.steps:
            for key in ("subject", "text", "title", "words", "link_text", "items"):
                if isinstance(text := getattr(step, key, None), str) and text:
                    yield f"steps.{step.id}.{key}", text
            for language, letter in getattr(step, "locales", {}).items():
                yield f"steps.{step.id}.locales.{language}.subject", letter.subject
                yield f"steps.{step.id}.locales.{language}.text", letter.text


def parse(source: str, text: str) -> Play:
    """The play in ``text``, its texts checked, too; SpecError names key, fault and remedy."""
    from tenure.plays import words

    play = toml.parse(Play, source, toml.read(source, text))
    for key, given in play.texts():
        try:
            words.check(given)
        except words.UnknownWord as fault:
            raise SpecError(source, key, str(fault), fault.remedy) from None
    return play
