"""The board's document (``board.toml``) and how a figure stands to its target. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml

DOCUMENT = "board"
DEFAULT = Path(__file__).with_name("board.toml")
Unit = Literal["share", "ratio", "days", "hours", "points"]
Elsewhere = Literal[
    "revenue.targets.nrr",
    "revenue.targets.grr",
    "revenue.targets.net_churn",
    "revenue.targets.logo_churn_b2b",
    "revenue.targets.logo_churn_b2c",
    "cancel.targets.save_rate",
    "dunning.targets.recovered",
    "dunning.targets.involuntary",
    "onboarding.value_time.within",
    "onboarding.activation.target",
]
"""Targets that other policy documents hold: document, then the way to the number."""
Standing = Literal["on", "near", "off", "open", "few", "nothing"]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(_Spec):
    """``near``: this share of the target away counts as nearly there."""

    days: int = Field(ge=7, le=92)
    periods: int = Field(ge=2, le=24)
    near: float = Field(ge=0, le=1)
    core_days: int | None = Field(None, description="no longer used: see policy onboarding")


class Measure(_Spec):
    """One figure. Without a target it is shown, not judged; ``target_from`` takes the target that
    another policy document holds (the lower end, where that is a span)."""

    group: str
    title: str = Field(min_length=1)
    unit: Unit
    better: Literal["up", "down"]
    target: float | None = None
    target_from: Elsewhere | None = None
    least: int = Field(1, ge=1)
    says: str = Field(min_length=1)
    link: str = Field("", pattern=r"^(/.*)?$")

    @model_validator(mode="after")
    def _one_target(self) -> Measure:
        if self.target is not None and self.target_from is not None:
            raise ValueError("give a target, or say in target_from which one holds")
        return self


class Board(_Spec):
    """The whole document; measures are shown in its order."""

    settings: Settings
    groups: dict[str, str]
    measures: dict[str, Measure]

    @model_validator(mode="after")
    def _groups_are_there(self) -> Board:
        for name, measure in self.measures.items():
            if measure.group not in self.groups:
                raise ValueError(f"{name} names the group {measure.group!r}, which there is not")
        return self


@dataclass(frozen=True)
class Figure:
    """A value with its interval, where one can be told, and how many things it rests on."""

    value: float | None
    n: int = 0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Entry:
    """A line of the board: the newest period, and those before it, oldest first."""

    name: str
    measure: Measure
    now: Figure
    trend: tuple[Figure, ...]
    standing: Standing

    def told(self) -> dict[str, Any]:
        """As JSON."""
        measure = self.measure.model_dump(exclude={"link", "target_from"})
        told = {"name": self.name, "standing": self.standing, "now": asdict(self.now)}
        return {**measure, **told, "trend": [asdict(figure) for figure in self.trend]}


def parse(source: str, text: str) -> Board:
    """The document in ``text``; SpecError names what is wrong."""
    return toml.parse(Board, source, toml.read(source, text))


def packaged() -> Board:
    """The document as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def standing(figure: Figure, measure: Measure, near: float) -> Standing:
    """How a figure stands to its target.

    ``near`` is a share of the target (of 1 for a target of nothing). A figure that misses by more
    is ``off``, unless its interval reaches the target: then nobody can tell, and it is ``near``.

    >>> csat = packaged().measures["csat"]
    >>> standing(Figure(0.95, 40), csat, 0.1), standing(Figure(0.85, 40), csat, 0.1)
    ('on', 'near')
    >>> standing(Figure(0.5, 40), csat, 0.1), standing(Figure(0.5, 40, 0.3, 0.91), csat, 0.1)
    ('off', 'near')
    >>> standing(Figure(0.5, 3), csat, 0.1), standing(Figure(None), csat, 0.1)
    ('few', 'nothing')

    Of a median that is not reached it is only known that it is more than ``low``.

    >>> days = Measure(group="g", title="T", unit="days", better="down", target=2.0, says="S")
    >>> [standing(Figure(None, 9, low=days_), days, 0.1) for days_ in (12.0, 1.0)]
    ['off', 'nothing']
    """
    if figure.value is None:
        late = measure.better == "down" and None not in (figure.low, measure.target)
        return "off" if late and figure.low > measure.target else "nothing"  # type: ignore[operator]
    if figure.n < measure.least:
        return "few"
    if measure.target is None:
        return "open"
    sign = 1 if measure.better == "up" else -1
    short = sign * (measure.target - figure.value)
    if short <= 0:
        return "on"
    best = figure.high if measure.better == "up" else figure.low
    reaches = best is not None and sign * (measure.target - best) <= 0
    return "near" if reaches or short <= near * (abs(measure.target) or 1) else "off"


def entries(board: Board, found: Mapping[str, list[Figure]]) -> list[Entry]:
    """The lines of the board; ``found`` holds the periods of each measure, oldest first."""
    nothing = [Figure(None)]
    lines = []
    for name, measure in board.measures.items():
        periods = found.get(name) or nothing
        judged = standing(periods[-1], measure, board.settings.near)
        lines.append(Entry(name, measure, periods[-1], tuple(periods), judged))
    return lines
