"""The document ``indicators``: what is watched and how it is judged. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError

DEFAULT = Path(__file__).with_name("indicators.toml")
Cadence = Literal["daily", "weekly", "monthly", "quarterly"]
Measure = Literal[
    "people",
    "tickets",
    "reply_hours",
    "adoption",
    "ticket_sentiment",
    "csat",
    "nps",
    "healthy_share",
]
OF_EVENTS = ("people", "adoption")
COUNTS = ("people", "tickets")
SHARES = ("adoption", "csat", "healthy_share")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Backfill(_Strict):
    """Periods worked out when an indicator is new, by cadence."""

    daily: int = Field(ge=1)
    weekly: int = Field(ge=1)
    monthly: int = Field(ge=1)
    quarterly: int = Field(ge=1)


class Settings(_Strict):
    """What holds for every indicator."""

    segments: tuple[str, ...] = ()
    grace_hours: float = Field(ge=0, le=72)
    backfill: Backfill
    keep_days: int = Field(ge=100)
    holidays: tuple[date, ...] = ()


class Learning(_Strict):
    """How marks move the threshold; see ``learned``."""

    step: float = Field(gt=1, le=2)
    most: float = Field(gt=1, le=5)


class Indicator(_Strict):
    """One figure: ``measure`` says how it is counted (``measures``), the rest how it is judged.

    ``least``: answers (or accounts) needed for a figure; ``better``: the way it should go.
    """

    title: str = Field(min_length=1)
    about: str = Field(min_length=1)
    measure: Measure
    events: tuple[str, ...] = ()
    days: int = Field(default=1, ge=1, le=7)
    least: int = Field(default=1, ge=1)
    cadence: Cadence
    better: Literal["up", "down"]
    unit: Literal["people", "tickets", "hours", "share", "points"]
    history: int = Field(ge=3, le=60)
    least_history: int = Field(ge=2)
    threshold: float = Field(gt=0, le=20)
    least_spread: float = Field(default=0, ge=0)
    least_spread_share: float = Field(default=0, ge=0, lt=1)
    periods: int = Field(ge=1, le=14)
    severity: Literal["low", "medium", "high", "critical"]
    target: float | None = None

    @model_validator(mode="after")
    def _fits(self) -> Indicator:
        if bool(self.events) != (self.measure in OF_EVENTS):
            need = "needs" if self.measure in OF_EVENTS else "takes no"
            raise ValueError(f"the measure {self.measure} {need} events")
        if self.least_history > self.history:
            raise ValueError("least_history is more than history")
        if not self.least_spread and not self.least_spread_share:
            raise ValueError("give least_spread or least_spread_share: no figure is without noise")
        return self

    @property
    def counts(self) -> bool:
        """Whether it counts things: nothing is then 0, not unknown."""
        return self.measure in COUNTS

    def print(self, settings: Settings, roles: str = "") -> str:
        """What its kept values were made by: others are worked out anew."""
        told = (
            self.measure,
            self.events,
            self.days,
            self.least,
            self.cadence,
            settings.grace_hours,
            settings.segments,
            roles,
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


class IndicatorPolicy(_Strict):
    """The whole document."""

    settings: Settings
    learning: Learning
    indicators: Mapping[str, Indicator]


def parse_indicators(source: str, text: str) -> IndicatorPolicy:
    """The document in ``text``; SpecError names the key at fault."""
    found = toml.parse(IndicatorPolicy, source, toml.read(source, text))
    for name in found.indicators:
        if not name.replace("_", "").isalnum() or len(name) > 60:
            raise SpecError(
                source, f"indicators.{name}", "is no name", "use letters, digits and underscores"
            )
    return found


@lru_cache
def packaged() -> IndicatorPolicy:
    """The packaged document."""
    return parse_indicators(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
