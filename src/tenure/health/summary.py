"""What a run found, in short: counts that pages show without touching the lake."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tenure.analytics.health import HealthModel
from tenure.health.pipeline import Scored

Floats = npt.NDArray[np.float64]


def of(scored: Scored, model: HealthModel) -> dict[str, Any]:
    """Counts by band and risk level and the averages: overall, by segment, by stage."""
    scores = scored.scores
    everyone = np.ones(scores.num_rows, dtype=bool)
    columns = {n: _objects(scores[n]) for n in ("band", "risk_level", "stage")}
    health, risk = _floats(scores["health"]), _floats(scores["risk"])
    coverage = _floats(scores["coverage"])

    def part(rows: npt.NDArray[np.bool_]) -> dict[str, Any]:
        return {
            "accounts": int(rows.sum()),
            "bands": _counts(columns["band"][rows], [b.name for b in model.bands]),
            "risk_levels": _counts(columns["risk_level"][rows], []),
            "health": _mean(health[rows]),
            "risk": _mean(risk[rows]),
            "coverage": _mean(coverage[rows]),
        }

    stages = sorted({s for s in columns["stage"] if s})
    return {
        **part(everyone),
        "segments": {name: part(rows) for name, rows in scored.segments.items()},
        "stages": {name: part(columns["stage"] == name) for name in stages},
    }


def _counts(values: npt.NDArray[np.object_], order: list[str]) -> dict[str, int]:
    names, counts = np.unique(values.astype(str), return_counts=True)
    found = {("" if n == "None" else str(n)): int(c) for n, c in zip(names, counts, strict=True)}
    return {name: found.pop(name, 0) for name in order} | found


def _mean(values: Floats) -> float | None:
    there = values[~np.isnan(values)]
    return round(float(there.mean()), 2) if len(there) else None


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(), dtype=float)


def _objects(column: Any) -> npt.NDArray[np.object_]:
    return np.asarray(column.to_numpy(), dtype=object)
