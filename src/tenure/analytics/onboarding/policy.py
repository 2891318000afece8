"""How onboarding is measured (``onboarding.toml``): milestones, targets, steps of the flow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

MINUTE_US = 60_000_000
_KEY = r"^[a-z][a-z0-9_]{0,39}$"


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Span(_Frozen):
    """A length of time: exactly one of minutes, hours and days."""

    minutes: float | None = Field(None, gt=0)
    hours: float | None = Field(None, gt=0)
    days: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _one(self) -> Span:
        if sum(part is not None for part in (self.minutes, self.hours, self.days)) != 1:
            raise ValueError("give exactly one of minutes, hours and days")
        return self

    @property
    def micros(self) -> int:
        """In microseconds.

        >>> Span(hours=24).micros == Span(days=1).micros == 86_400_000_000
        True
        """
        minutes = (self.minutes or 0) + 60 * (self.hours or 0) + 1440 * (self.days or 0)
        return round(minutes * MINUTE_US)


class Doing(_Frozen):
    """Something an account does, and what shows it: exactly one of ``created``, ``events``,
    ``feature`` and ``streak_days``."""

    key: str = Field(pattern=_KEY)
    title: str = Field(min_length=1)
    created: bool = False
    events: tuple[str, ...] = ()
    feature: Literal["core", "high_value"] | None = None
    streak_days: int | None = Field(None, ge=2, le=30)

    @model_validator(mode="after")
    def _shown(self) -> Doing:
        ways = (
            self.created,
            bool(self.events),
            self.feature is not None,
            self.streak_days is not None,
        )
        if sum(ways) != 1:
            raise ValueError("say what shows it: one of created, events, feature and streak_days")
        return self


class Milestone(Doing):
    """A doing with its target time, and what it is said to add to retention (a share)."""

    within: Span | None = None
    expected_lift: float | None = Field(None, ge=-1, le=1)


class Group(_Frozen):
    """Milestones that count together, and the share of accounts that is aimed at."""

    milestones: tuple[str, ...] = Field(min_length=1)
    within: Span | None = None
    target: float = Field(gt=0, le=1)


class DayOne(_Frozen):
    """The share aimed at that comes back on the second day."""

    target: float = Field(gt=0, le=1)


class ValueTime(_Frozen):
    """The median time to first value aimed at: in general, and by segment."""

    within: Span
    by_segment: dict[str, Span] = {}


class Flow(_Frozen):
    """The steps of the flow, and when one of them, or all of it, is named."""

    steps: tuple[Doing, ...] = ()
    most_steps: int = Field(ge=1)
    least_completion: float = Field(ge=0, le=1)
    drop_off: float = Field(gt=0, le=1)
    defer_share: float = Field(gt=0, le=1)


class OnboardingPolicy(_Frozen):
    """See ``onboarding.toml`` for what each number is."""

    look_back_days: int = Field(ge=1, le=1000)
    window_days: int = Field(ge=1, le=365)
    retention_day: int = Field(ge=1, le=365)
    retention_span_days: int = Field(ge=1, le=90)
    least_accounts: int = Field(ge=2)
    least_side: int = Field(ge=2)
    first_value: str
    milestones: tuple[Milestone, ...] = Field(min_length=1)
    activation: Group
    setup: Group
    day_one: DayOne
    value_time: ValueTime
    flow: Flow

    def milestone(self, key: str) -> Milestone:
        """The milestone of that key."""
        return next(m for m in self.milestones if m.key == key)

    @property
    def value(self) -> Milestone:
        """The milestone that is first value."""
        return self.milestone(self.first_value)

    def doings(self) -> Iterator[Doing]:
        """Milestones, then steps, each key once."""
        seen = set()
        for doing in (*self.milestones, *self.flow.steps):
            if doing.key not in seen:
                seen.add(doing.key)
                yield doing

    @property
    def decided_days(self) -> int:
        """Days after a beginning at which everything is decided."""
        return max(self.window_days, self.retention_day + self.retention_span_days)


def parse_onboarding(source: str, text: str) -> OnboardingPolicy:
    """The policy in the TOML ``text``; SpecError if it is not sound."""
    policy = toml.parse(OnboardingPolicy, source, toml.read(source, text))
    keys = [m.key for m in policy.milestones]
    for where, listed in (("milestones", keys), ("flow.steps", [s.key for s in policy.flow.steps])):
        if twice := sorted({k for k in listed if listed.count(k) > 1}):
            raise SpecError(source, where, f"has '{twice[0]}' twice", "give each a key of its own")
    shown = {m.key: m for m in policy.milestones}
    for step in policy.flow.steps:
        other = shown.get(step.key)
        if other is not None and _ways(other) != _ways(step):
            raise SpecError(
                source,
                f"flow.steps.{step.key}",
                "is also a milestone, shown by something else",
                "show both by the same, or give the step another key",
            )
    for where, named in (
        ("first_value", (policy.first_value,)),
        ("activation.milestones", policy.activation.milestones),
        ("setup.milestones", policy.setup.milestones),
    ):
        for key in named:
            if key not in shown:
                raise SpecError(
                    source, where, f"names no milestone: '{key}'", f"use one of {', '.join(keys)}"
                )
    late = policy.window_days * 1440 * MINUTE_US
    for milestone in policy.milestones:
        if milestone.within is not None and milestone.within.micros > late:
            raise SpecError(
                source,
                f"milestones.{milestone.key}.within",
                "is longer than window_days",
                "lengthen the window, or shorten the target",
            )
    return policy


def _ways(doing: Doing) -> tuple[object, ...]:
    return doing.created, doing.events, doing.feature, doing.streak_days


@lru_cache
def default_onboarding() -> OnboardingPolicy:
    """The packaged policy."""
    text = (files("tenure.analytics.onboarding") / "onboarding.toml").read_text("utf-8")
    return parse_onboarding("onboarding", text)
