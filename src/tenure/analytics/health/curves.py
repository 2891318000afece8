"""Curves: how a signal's value becomes 0 to 100 points.

Three shapes, all pure functions of the value:

* *points*: straight lines between ``[value, score]`` pairs, flat beyond the ends;
* *steps*: the score of the highest step whose ``from`` the value has reached;
* *match*: a score per text value.

A value that is missing (NULL, NaN) or, for *match*, not listed has no score: it is missing data,
and lowers coverage instead of the score.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

Floats = npt.NDArray[np.float64]
FULL = 100.0


class Step(BaseModel):
    """From this value on (and below the next step) the signal scores ``score``."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    start: float = Field(alias="from")
    score: float = Field(ge=0, le=100)
    level: str = ""


class Curve(BaseModel):
    """One shape; exactly one of ``points``, ``steps`` and ``match`` is given.

    >>> Curve(points=[(0, 0), (10, 100)]).of_numbers(np.array([-1.0, 5.0, np.nan]))
    array([ 0., 50., nan])
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    points: tuple[tuple[float, float], ...] = ()
    steps: tuple[Step, ...] = ()
    match: dict[str, float] = {}
    levels: dict[str, str] = {}

    @model_validator(mode="after")
    def _sound(self) -> Curve:
        if sum(map(bool, (self.points, self.steps, self.match))) != 1:
            raise ValueError("give exactly one of points, steps and match")
        if not _rises([p[0] for p in self.points]):
            raise ValueError("the values of the points must rise from one to the next")
        if not _rises([s.start for s in self.steps]):
            raise ValueError("the steps must rise: each 'from' above the one before")
        if set(self.levels) - set(self.match):
            raise ValueError("levels names a text that match does not have")
        if any(not 0 <= score <= FULL for score in self._scores()):
            raise ValueError("every score must lie between 0 and 100")
        return self

    def _scores(self) -> list[float]:
        if self.points:
            return [p[1] for p in self.points]
        return [s.score for s in self.steps] or list(self.match.values())

    @property
    def of_text(self) -> bool:
        """Whether the signal must be text."""
        return bool(self.match)

    def of_numbers(self, values: Floats) -> Floats:
        """Scores of numeric values; NaN stays NaN (missing)."""
        if self.points:
            xs, ys = zip(*self.points, strict=True)
            scores = np.interp(values, xs, ys)
        else:
            scores = self._of_steps(values)
        return np.where(np.isnan(values), np.nan, scores)

    def _of_steps(self, values: Floats) -> Floats:
        # Below the first step the lowest step holds: steps cover the whole line.
        starts = np.array([s.start for s in self.steps])
        index = np.searchsorted(starts, values, side="right") - 1
        scores = np.array([s.score for s in self.steps])
        return np.asarray(scores[np.clip(index, 0, None)])

    def of_texts(self, values: npt.NDArray[Any]) -> Floats:
        """Scores of text values; None and unlisted texts are missing (NaN)."""
        scores = np.full(len(values), np.nan)
        for text, score in self.match.items():
            scores[values == text] = score
        return scores

    def level(self, value: float | str | None) -> str:
        """The name of the level that ``value`` stands on, if levels are named."""
        if isinstance(value, str):
            return self.levels.get(value, "")
        if not self.steps or value is None:
            return ""
        reached = [s for s in self.steps if value >= s.start]
        return (reached[-1] if reached else self.steps[0]).level

    def better(self, score: float) -> tuple[float, float | str] | None:
        """The next better ``(score, value needed)``: the next corner up; None at the top."""
        options = [(s, at) for s, at in self._corners() if s > score + 1e-9]
        return min(options, key=lambda o: o[0]) if options else None

    def best(self) -> tuple[float, float | str]:
        """The highest ``(score, value)`` the curve gives, at the least demanding value."""
        top = max(score for score, _ in self._corners())
        return next(corner for corner in self._easiest_first() if corner[0] == top)

    def _easiest_first(self) -> list[tuple[float, float | str]]:
        corners = self._corners()
        falling = len(corners) > 1 and corners[0][0] > corners[-1][0]
        return corners[::-1] if falling else corners

    def _corners(self) -> list[tuple[float, float | str]]:
        if self.points:
            return [(s, v) for v, s in self.points]
        if self.steps:
            falling = any(a.score > b.score for a, b in pairwise(self.steps))
            return [(s.score, self._edge(i, falling)) for i, s in enumerate(self.steps)]
        return [(s, text) for text, s in self.match.items()]

    def _edge(self, index: int, falling: bool) -> float:
        # Where less is better, one enters a better step from above: just under the next one.
        if falling and index + 1 < len(self.steps):
            return self.steps[index + 1].start
        return self.steps[index].start


def _rises(values: list[float]) -> bool:
    return all(a < b for a, b in pairwise(values))
