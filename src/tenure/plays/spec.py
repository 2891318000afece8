"""A play as it is written down: when it begins, for whom, what happens in which order, what for.

Pure: TOML in, a checked ``Play`` out. The language is described in docs/rules/plays.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule
from tenure.channels.numbers import Cap
from tenure.plays.step_specs import (
    END,
    STEP_NAME,
    WRITES,
    BranchStep,
    EndStep,
    InAppStep,
    MailStep,
    PostStep,
    PushStep,
    SplitStep,
    Step,
    TaskStep,
    UpdateStep,
    WaitStep,
    targets,
)

__all__ = [
    "END",
    "STEP_NAME",
    "WRITES",
    "BranchStep",
    "EndStep",
    "InAppStep",
    "MailStep",
    "Play",
    "PostStep",
    "PushStep",
    "SplitStep",
    "Step",
    "TaskStep",
    "UpdateStep",
    "WaitStep",
    "parse",
    "targets",
]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class WhenTrigger(_Spec):
    """The account begins to match ``rule`` (and has matched for ``for_days``)."""

    kind: Literal["when"]
    rule: Rule
    for_days: int = Field(default=0, ge=0)


class EventTrigger(_Spec):
    """An event of the account arrives; ``where`` are properties it must have (equal)."""

    kind: Literal["event"]
    event: str = Field(min_length=1)
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)


class AbsenceTrigger(_Spec):
    """``after`` happened and ``without`` did not within ``days`` of it."""

    kind: Literal["absence"]
    after: str = Field(min_length=1)
    without: str = Field(min_length=1)
    days: int = Field(ge=1)


class DateTrigger(_Spec):
    """``days`` after (negative: before) a date the account has: created, renews, churned."""

    kind: Literal["date"]
    field: Literal["created_at", "renews_at", "churned_at", "stage_since"]
    days: int = 0


class InactiveTrigger(_Spec):
    """A person (not the account) was last seen ``days`` ago, and not ``until_days`` or more."""

    kind: Literal["inactive"]
    days: int = Field(ge=1)
    until_days: int = Field(ge=2)

    @model_validator(mode="after")
    def _in_order(self) -> InactiveTrigger:
        if self.until_days <= self.days:
            raise ValueError("until_days must be greater than days")
        return self


class StreakTrigger(_Spec):
    """A person used the product on each of the last ``days`` days of theirs, not yet today, and
    ``hours`` or less are left of their day."""

    kind: Literal["streak"]
    days: int = Field(ge=2, le=90)
    hours: float = Field(gt=0, le=12)


class ManualTrigger(_Spec):
    """Somebody puts accounts in by hand."""

    kind: Literal["manual"]


Trigger = Annotated[
    WhenTrigger
    | EventTrigger
    | AbsenceTrigger
    | DateTrigger
    | InactiveTrigger
    | StreakTrigger
    | ManualTrigger,
    Field(discriminator="kind"),
]


class Goal(_Spec):
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


class Entry(_Spec):
    """Who may enter again: never (``once``), ``always``, or after ``days``."""

    again: Literal["once", "always", "after"] = "once"
    days: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _days_if_after(self) -> Entry:
        if (self.again == "after") != (self.days > 0):
            raise ValueError('give days with again = "after", and only then')
        return self


class Play(_Spec):
    """The whole play."""

    title: str = Field(min_length=1)
    about: str = Field(min_length=1)
    needs: tuple[str, ...] = ()
    source: str = ""
    purpose: str
    unit: Literal["account", "person"] = "account"
    to: tuple[str, ...] = ()
    trigger: Trigger
    audience: Rule | None = None
    entry: Entry = Entry()
    exit: Rule | None = None
    goal: Goal | None = None
    holdout: float | None = Field(default=None, ge=0, lt=1)
    caps: tuple[Cap, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Play:
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
        if isinstance(self.trigger, WhenTrigger) and self.unit == "person":
            raise ValueError('the trigger "when" is about accounts: set unit = "account"')
        return self

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

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text with variables, with the key it stands at."""
        for step in self.steps:
            for key in ("subject", "text", "title", "words", "link_text", "items"):
                if isinstance(text := getattr(step, key, None), str) and text:
                    yield f"steps.{step.id}.{key}", text


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
