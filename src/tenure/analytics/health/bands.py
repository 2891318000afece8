"""Bands: what a health score is called, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Color = Literal["good", "ok", "warn", "bad"]


class Band(BaseModel):
    """Scores from ``min`` (included) to the next band; ``max`` is the published upper end.

    Published bands are whole numbers (60-79); a score of 79.6 belongs to the band that ends at 79.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=40)
    title: str
    min: float = Field(ge=0, le=100)
    max: float | None = None
    action: str
    color: Color


def problem(bands: Sequence[Band]) -> str:
    """What is wrong with a set of bands, or nothing: they must cover 0 to 100 once each."""
    if not bands:
        return "there is no band"
    if len({b.name for b in bands}) < len(bands):
        return "two bands have the same name"
    rising = sorted(bands, key=lambda b: b.min)
    if rising[0].min != 0:
        return f"scores below {rising[0].min:g} belong to no band"
    for lower, upper in pairwise(rising):
        if fault := _seam(lower, upper):
            return fault
    return ""


def _seam(lower: Band, upper: Band) -> str:
    if lower.min == upper.min or (lower.max is not None and lower.max >= upper.min):
        return f"bands {lower.name} and {upper.name} overlap"
    if lower.max is not None and lower.max < upper.min - 1:
        return f"scores between {lower.max:g} and {upper.min:g} belong to no band"
    return ""


def names(bands: Sequence[Band], scores: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """Band name of every score; None where there is no score.

    >>> bands = [Band(name="ok", title="OK", min=50, action="-", color="good"),
    ...          Band(name="bad", title="Bad", min=0, action="-", color="bad")]
    >>> names(bands, np.array([50.0, 49.99, np.nan])).tolist()
    ['ok', 'bad', None]
    """
    rising = sorted(bands, key=lambda b: b.min)
    missing = np.isnan(scores)
    index = np.searchsorted([b.min for b in rising], np.where(missing, 0, scores), side="right") - 1
    labels = np.array([b.name for b in rising], dtype=object)[np.clip(index, 0, None)]
    labels[missing] = None
    return labels
