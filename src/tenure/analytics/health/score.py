"""Scores of all accounts at once: a table of signals and a model in, a table of scores out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tenure.analytics.health import bands, risk
from tenure.analytics.health.arithmetic import Contributions, contributions
from tenure.analytics.health.risk import RiskPolicy
from tenure.analytics.health.spec import HealthModel, Part, Variant

Floats = npt.NDArray[np.float64]
POINTS = "points."


@dataclass(frozen=True)
class Circumstances:
    """What is known of the accounts beside their signals, row by row.

    ``fired``: names of the warnings that fired; ``levels``: level of every warning; ``segments``:
    membership per segment name; ``stage``: lifecycle stage.
    """

    fired: Sequence[Sequence[str]] = ()
    levels: Mapping[str, str] | None = None
    segments: Mapping[str, npt.NDArray[np.bool_]] | None = None
    stage: npt.NDArray[np.object_] | None = None


def score(
    signals: pa.Table,
    model: HealthModel,
    risk_policy: RiskPolicy,
    as_of: datetime,
    circumstances: Circumstances | None = None,
    version: str = "",
) -> pa.Table:
    """One row per row of ``signals``: health, band, risk, risk_level, coverage and the points.

    ``signals`` has ``account_id`` and a column per signal; a signal without a column is missing.
    ``version`` is what the scores are marked with (default: version and digest of the model).
    Health and band are NULL where no signal has data. Points are in columns
    ``points.<dimension>.<signal>``, NULL where the signal is missing; their sum is the health.
    """
    about = circumstances or Circumstances()
    variants = variant_rows(model, signals.num_rows, about)
    result = contribute(signals, model, variants)
    number = signals.num_rows
    counts = risk.count_levels(about.fired or [()] * number, about.levels or {}, risk_policy)
    risks = risk.combine(result.health, counts, risk_policy)
    columns = {
        "account_id": signals["account_id"],
        "as_of": pa.array([as_of] * number, pa.timestamp("us", tz="UTC")),
        "model": _repeat(model.name, number),
        "model_version": _repeat(version or f"{model.version}+{model.digest}", number),
        "variant": pa.array([["", *_names(model)][i + 1] for i in variants], pa.string()),
        "health": _floats(result.health),
        "band": pa.array(bands.names(model.bands, result.health), pa.string()),
        "risk": _floats(risks),
        "risk_level": pa.array(risk.level_names(risk_policy, risks), pa.string()),
        "coverage": pa.array(result.coverage, pa.float64()),
    }
    missing = np.isnan(result.scores)
    for index, part in enumerate(model.parts()):
        points = np.where(missing[:, index], np.nan, result.points[:, index])
        columns[POINTS + part.key] = _floats(points)
    return pa.table(columns)


def variant_rows(model: HealthModel, number: int, about: Circumstances) -> npt.NDArray[np.int64]:
    """Index of the first variant that fits each account; -1 where none does."""
    chosen = np.full(number, -1, dtype=np.int64)
    for index in reversed(range(len(model.variants))):
        chosen[_fits(model.variants[index], number, about)] = index
    return chosen


def _fits(variant: Variant, number: int, about: Circumstances) -> npt.NDArray[np.bool_]:
    fits = np.ones(number, dtype=bool)
    if variant.segment:
        members = (about.segments or {}).get(variant.segment)
        fits &= np.zeros(number, dtype=bool) if members is None else members
    if variant.stage:
        fits &= (
            np.zeros(number, dtype=bool) if about.stage is None else about.stage == variant.stage
        )
    return fits


def contribute(
    signals: pa.Table, model: HealthModel, variants: npt.NDArray[np.int64]
) -> Contributions:
    """Scores, shares and points of every signal of the model, with each account's own weights."""
    parts = [model.parts(v) for v in (*model.variants, None)]  # -1 is the model itself
    dimensions = np.array([[d.key for d in model.dimensions].index(p.dimension) for p in parts[-1]])
    outer = np.array([[p.dimension_weight for p in row] for row in parts])[variants]
    inner = np.array([[p.signal_weight for p in row] for row in parts])[variants]
    scores = np.empty((signals.num_rows, len(parts[-1])))
    for column in range(len(parts[-1])):
        scores[:, column] = _column(signals, [row[column] for row in parts], variants)
    return contributions(scores, dimensions, outer, inner)


def _column(signals: pa.Table, versions: list[Part], variants: npt.NDArray[np.int64]) -> Floats:
    values = signal_values(signals, versions[-1].signal)
    scores = curve_scores(versions[-1], values)
    for index, part in enumerate(versions[:-1]):
        if part.curve != versions[-1].curve:
            scores = np.where(variants == index, curve_scores(part, values), scores)
    return scores


def signal_values(signals: pa.Table, name: str) -> npt.NDArray[Any]:
    """Values of one signal: floats with NaN for missing, or texts with None for missing."""
    if name not in signals.column_names:
        return np.full(signals.num_rows, np.nan)
    column = signals[name].combine_chunks()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def curve_scores(part: Part, values: npt.NDArray[Any]) -> Floats:
    """0 to 100 for every value; NaN where it is missing or of the wrong kind for the curve."""
    if part.curve.of_text:
        return part.curve.of_texts(values)
    if values.dtype == object:
        return np.full(len(values), np.nan)
    return part.curve.of_numbers(values)


def _names(model: HealthModel) -> list[str]:
    return [v.name for v in model.variants]


def _repeat(text: str, number: int) -> pa.Array:
    return pa.array([text] * number, pa.string())


def _floats(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))
