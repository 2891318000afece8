"""Why a score is what it is: points by dimension and signal, what changed, what would move it.

The explanation is a plain dict (JSON). All points are in hundredths and add up exactly: the signals
of a dimension to the dimension, the dimensions to the health.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from tenure.analytics.health.arithmetic import Contributions
from tenure.analytics.health.score import contribute
from tenure.analytics.health.spec import HealthModel, Part, Variant

Value = float | str | None
Values = Mapping[str, Value]
MOVERS = 5


def explain(
    signals: Values, model: HealthModel, previous: Values | None = None, variant: str = ""
) -> dict[str, Any]:
    """The explanation of the score that ``model`` (in its ``variant``) gives these signal values.

    ``previous`` are the values at the score before, for what changed; without them nothing did.
    """
    chosen = _variant(model, variant)
    parts = model.parts(chosen)
    now = _contributions(signals, model, chosen)
    before = None if previous is None else _contributions(previous, model, chosen)
    entries = [_entry(i, p, signals, previous, now, before) for i, p in enumerate(parts)]
    health = None if np.isnan(now.health[0]) else float(now.health[0])
    return {
        "health": health,
        "coverage": float(now.coverage[0]),
        "variant": variant,
        "dimensions": [_dimension(model, d.key, parts, entries) for d in model.dimensions],
        "movers": _movers(parts, entries, now),
        "changes": _changes(entries),
        "missing": [e["signal"] for e in entries if e["missing"]],
    }


def _variant(model: HealthModel, name: str) -> Variant | None:
    return next((v for v in model.variants if v.name == name), None) if name else None


def _contributions(values: Values, model: HealthModel, variant: Variant | None) -> Contributions:
    row = pa.table({name: [values.get(name)] for name in ("account_id", *model.signals)})
    for name in row.column_names:  # an all-NULL column has no type of its own
        if pa.types.is_null(row[name].type):
            row = row.set_column(row.column_names.index(name), name, pa.nulls(1, pa.float64()))
    index = -1 if variant is None else model.variants.index(variant)
    return contribute(row, model, np.array([index]))


def _entry(
    index: int,
    part: Part,
    signals: Values,
    previous: Values | None,
    now: Contributions,
    before: Contributions | None,
) -> dict[str, Any]:
    value = signals.get(part.signal)
    score = float(now.scores[0, index])
    missing = bool(np.isnan(score))
    points = 0.0 if missing else float(now.points[0, index])
    old = None if before is None else float(before.points[0, index])
    return {
        "dimension": part.dimension,
        "signal": part.signal,
        "title": part.title,
        "value": value,
        "level": "" if missing else part.curve.level(value),
        "score": None if missing else round(score, 2),
        "weight": part.signal_weight,
        "points": points,
        "max_points": float(now.max_points[0, index]),
        "missing": missing,
        "previous": None if previous is None else previous.get(part.signal),
        "delta_points": None if old is None else round(points - old, 2),
    }


def _dimension(
    model: HealthModel, key: str, parts: list[Part], entries: list[dict[str, Any]]
) -> dict[str, Any]:
    own = [e for e in entries if e["dimension"] == key]
    weight = next(p.dimension_weight for p in parts if p.dimension == key)
    there = sum(e["weight"] for e in own if not e["missing"])
    deltas = [e["delta_points"] for e in own if e["delta_points"] is not None]
    return {
        "key": key,
        "title": next(d.title for d in model.dimensions if d.key == key),
        "weight": weight,
        "points": round(sum(e["points"] for e in own), 2),
        "max_points": round(sum(e["max_points"] for e in own), 2),
        "coverage": round(there / 100, 4),
        "delta_points": round(sum(deltas), 2) if deltas else None,
        "signals": [{k: v for k, v in e.items() if k != "dimension"} for e in own],
    }


def _movers(
    parts: list[Part], entries: list[dict[str, Any]], now: Contributions
) -> list[dict[str, Any]]:
    """Largest gain first: what full marks on a signal would add, and what its next level would."""
    movers = []
    for index, (part, entry) in enumerate(zip(parts, entries, strict=True)):
        if entry["missing"] or (step := part.curve.better(entry["score"])) is None:
            continue
        share = float(now.shares[0, index])
        top = part.curve.best()
        movers.append(
            {
                "dimension": part.dimension,
                "signal": part.signal,
                "title": part.title,
                "value": entry["value"],
                "gain": round(share * (top[0] - entry["score"]), 2),
                "full_at": top[1],
                "next_gain": round(share * (step[0] - entry["score"]), 2),
                "next_at": step[1],
            }
        )
    return sorted(movers, key=lambda m: -m["gain"])[:MOVERS]


def _changes(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Signals that gave or took points since last time, largest first."""
    changed = [e for e in entries if e["delta_points"]]
    keys = ("dimension", "signal", "title", "previous", "value", "delta_points")
    rows = [{k: e[k] for k in keys} for e in changed]
    return sorted(rows, key=lambda r: -abs(r["delta_points"]))
