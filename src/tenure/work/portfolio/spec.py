"""What the policy document ``portfolio`` may say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

DOCUMENT = "portfolio"
DEFAULT = Path(__file__).with_name("portfolio.toml")
OWNER = "owner"
MONTH_DAYS = 365 / 12
"""Days of a month, here and wherever hours a month are told."""

Share = Annotated[float, Field(ge=0, le=1)]
Receiver = Annotated[
    str, StringConstraints(pattern=r"^(role:[a-z_]+|person:\S+@\S+|(webhook|chat):[\w-]+)$")
]
Choice = Literal["load", "round_robin"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Touch(_Part):
    """A kind of contact that can be owed."""

    title: str
    kinds: tuple[str, ...] = Field(min_length=1)
    hours: float = Field(gt=0)


class Promise(_Part):
    """A touch that a tier is owed every so many days."""

    touch: str
    every_days: int = Field(ge=1)
    by: str = OWNER


class Tier(_Part):
    """What a tier is owed, and what it takes besides."""

    base_hours: float = Field(ge=0)
    owed: tuple[Promise, ...] = ()


class Surprise(_Part):
    """When a renewal comes as a surprise."""

    renewal_within_days: int = Field(ge=1)
    talked_within_days: int = Field(ge=0)


class TaskNumbers(_Part):
    """Tasks for owed touches."""

    due_days: int = Field(ge=0)
    owed_shown: int = Field(ge=1, le=1000)


class Cost(_Part):
    """What is counted as cost to serve."""

    days: int = Field(ge=30, le=1096)
    other_hours: float = Field(ge=0)
    hour_minor: dict[str, Annotated[int, Field(gt=0)]]


class Room(_Part):
    """What one person can look after: accounts, and hours a month."""

    accounts: int = Field(ge=0)
    hours: float = Field(ge=0)


class Capacity(Room):
    """The usual room, and who differs."""

    people: dict[str, Room] = {}

    def of(self, mail: str) -> Room:
        """The room of the colleague with this address."""
        return self.people.get(mail, self)


class AssignmentRule(_Part):
    """Accounts in all of ``segments`` go to one of ``owners``."""

    segments: tuple[str, ...] = Field(min_length=1)
    owners: tuple[str, ...] = Field(min_length=1)
    choose: Choice = "load"


class Assignment(_Part):
    """Who gets accounts without an owner."""

    tiers: tuple[str, ...]
    role: str
    choose: Choice
    rules: tuple[AssignmentRule, ...] = ()


class Split(_Part):
    """How time should be divided, and who counts where."""

    days: int = Field(ge=1, le=366)
    at_risk: Share
    advocates: Share
    tolerance: Share
    risk_levels: tuple[str, ...]
    risk_stages: tuple[str, ...]
    advocate_stages: tuple[str, ...]


class HandOffKind(_Part):
    """A kind of work that is handed to others."""

    title: str
    to: Receiver
    due_days: int = Field(ge=0)
    asks: str


class Portfolio(_Part):
    """The whole document."""

    not_held: frozenset[str]
    own_doing: frozenset[str]
    touches: dict[str, Touch] = Field(min_length=1)
    tiers: dict[str, Tier]
    surprise: Surprise
    tasks: TaskNumbers
    cost: Cost
    capacity: Capacity
    assignment: Assignment
    split: Split
    hand_offs: dict[str, HandOffKind]
    outcomes: dict[str, str] = Field(min_length=1)

    def hours_of(self, kind: str, minutes: int | None) -> float:
        """What a contact took: as long as it says, else as policy has it for its kind."""
        if minutes is not None:
            return max(minutes, 0) / 60
        for touch in self.touches.values():
            if kind in touch.kinds:
                return touch.hours
        return self.cost.other_hours

    def hours_a_month(self, tier: str, by: str | None = None) -> float:
        """Hours a month an account of the tier is owed: by whom, or (None) by anybody."""
        found = self.tiers.get(tier)
        if found is None:
            return 0.0
        base = found.base_hours if by in (None, OWNER) else 0.0
        return base + sum(
            self.touches[p.touch].hours * MONTH_DAYS / p.every_days
            for p in found.owed
            if by in (None, p.by)
        )


def parse(source: str, text: str) -> Portfolio:
    """The document in ``text``; SpecError names a wrong key."""
    found = toml.parse(Portfolio, source, toml.read(source, text))
    for tier, owed in found.tiers.items():
        for promise in owed.owed:
            if promise.touch not in found.touches:
                raise unknown(source, f"tiers.{tier}.owed", "touch", promise.touch, found.touches)
    if abs(found.split.at_risk + found.split.advocates - 1) > 1e-9:
        raise SpecError(source, "split", "does not add up to 1", "make at_risk + advocates = 1")
    return found


def packaged() -> Portfolio:
    """The numbers as they come with Tenure."""
    return parse(DEFAULT.name, DEFAULT.read_text("utf-8"))


def unknown(source: str, key: str, what: str, name: str, known: Iterable[str]) -> SpecError:
    """The refusal of a name that there is not."""
    names = ", ".join(known)
    return SpecError(source, key, f"there is no {what} {name!r}", f"use one of: {names}")
