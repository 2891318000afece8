"""What a learned model is made of: trees, a scorecard, or a blend; each predicts and explains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from tenure.analytics.prediction import booster
from tenure.analytics.prediction.panel import Floats, Matrix
from tenure.analytics.prediction.scorecard import Scorecard, expit

LEAST = 1e-9


class Predictor(Protocol):
    """Raw chances of rows, what each column adds to their log odds, and what it looks at."""

    def predict(self, rows: Matrix) -> Floats:
        """The chance of each row, not calibrated yet."""

    def contributions(self, rows: Matrix) -> Floats:
        """What each column adds to the log odds of each row, against an average account."""

    def importance(self, width: int) -> Floats:
        """Share of each of ``width`` columns in what is told; they add up to 1."""

    def to_json(self) -> dict[str, Any]:
        """As kept."""


@dataclass(frozen=True)
class Boosted:
    """LightGBM's text; ``columns`` are those it looks at (None: all)."""

    text: str
    columns: tuple[int, ...] | None = None

    def predict(self, rows: Matrix) -> Floats:
        """See ``Predictor``."""
        return booster.predict(self.text, self._mine(rows))

    def contributions(self, rows: Matrix) -> Floats:
        """See ``Predictor``."""
        return self._spread(booster.contributions(self.text, self._mine(rows)), rows.shape[1])

    def importance(self, width: int) -> Floats:
        """See ``Predictor``."""
        return self._spread(booster.importance(self.text)[None, :], width)[0]

    def _mine(self, rows: Matrix) -> Matrix:
        return rows if self.columns is None else rows[:, list(self.columns)]

    def _spread(self, found: Floats, width: int) -> Floats:
        if self.columns is None:
            return found
        whole = np.zeros((len(found), width))
        whole[:, list(self.columns)] = found
        return whole

    def to_json(self) -> dict[str, Any]:
        """See ``Predictor``."""
        columns = None if self.columns is None else list(self.columns)
        return {"kind": "boosted", "text": self.text, "columns": columns}


@dataclass(frozen=True)
class Blend:
    """The mean of the log odds of its parts."""

    parts: tuple[Predictor, ...]

    def predict(self, rows: Matrix) -> Floats:
        """See ``Predictor``."""
        return mixed([p.predict(rows) for p in self.parts])

    def contributions(self, rows: Matrix) -> Floats:
        """See ``Predictor``."""
        return np.asarray(np.mean([p.contributions(rows) for p in self.parts], axis=0))

    def importance(self, width: int) -> Floats:
        """See ``Predictor``."""
        return np.asarray(np.mean([p.importance(width) for p in self.parts], axis=0))

    def to_json(self) -> dict[str, Any]:
        """See ``Predictor``."""
        return {"kind": "blend", "parts": [p.to_json() for p in self.parts]}


def mixed(chances: Sequence[Floats]) -> Floats:
    """Chances whose log odds are the mean of those given."""
    sure = [np.clip(c, LEAST, 1 - LEAST) for c in chances]
    return expit(np.mean([np.log(c / (1 - c)) for c in sure], axis=0))


def to_text(predictor: Predictor) -> str:
    """As kept."""
    return json.dumps(predictor.to_json())


@lru_cache(maxsize=16)
def read(text: str) -> Predictor:
    """The predictor that was kept; LightGBM's own text is what models were before they could be
    anything else."""
    return _of(json.loads(text)) if text.startswith("{") else Boosted(text)


def _of(kept: dict[str, Any]) -> Predictor:
    if kept["kind"] == "blend":
        return Blend(tuple(_of(part) for part in kept["parts"]))
    if kept["kind"] == "scorecard":
        return Scorecard.from_json(kept)
    columns = kept["columns"]
    return Boosted(kept["text"], None if columns is None else tuple(columns))
