"""A health model laid out for reading: shares of the whole, curves, bands, variants."""

from __future__ import annotations

from typing import Any

from tenure.analytics.health.bands import Band
from tenure.analytics.health.spec import Dimension, HealthModel, SignalUse, Variant
from tenure.health.pages.sentences import Naming
from tenure.health.pages.sketch import sketch


def model_view(model: HealthModel, naming: Naming) -> dict[str, Any]:
    """What the page of a model shows."""
    return {
        "spec": model,
        "dimensions": [_dimension(d, naming) for d in model.dimensions],
        "weights": _stack(model),
        "bands": _bands(model.bands),
        "variants": [_variant(v, model, naming) for v in model.variants],
    }


def _dimension(dimension: Dimension, naming: Naming) -> dict[str, Any]:
    uses = [_use(dimension, use, naming) for use in dimension.signals]
    return {"spec": dimension, "signals": uses}


def _use(dimension: Dimension, use: SignalUse, naming: Naming) -> dict[str, Any]:
    title, unit = naming(use.signal)
    return {
        "signal": use.signal,
        "title": use.title or title,
        "weight": use.weight,
        "points": dimension.weight * use.weight / 100,
        "sketch": sketch(use.curve, unit),
    }


def _stack(model: HealthModel) -> list[dict[str, Any]]:
    """Where each dimension lies on a bar of width 100."""
    left, parts = 0.0, []
    for index, dimension in enumerate(model.dimensions):
        parts.append(
            {
                "x": round(left, 2),
                "width": round(dimension.weight, 2),
                "middle": round(left + dimension.weight / 2, 2),
                "title": dimension.title,
                "weight": dimension.weight,
                "shade": index % 6 + 1,
            }
        )
        left += dimension.weight
    return parts


def _bands(bands: tuple[Band, ...]) -> list[dict[str, Any]]:
    falling = sorted(bands, key=lambda b: -b.min)
    tops = [100.0, *(b.min for b in falling)]
    rows = []
    for band, above in zip(falling, tops, strict=False):
        top = band.max if band.max is not None else above
        rows.append({"band": band, "low": band.min, "high": top})
    return rows


def _variant(variant: Variant, model: HealthModel, naming: Naming) -> dict[str, Any]:
    titles = {d.key: d.title for d in model.dimensions}
    changes = [f"{titles[key]} weighs {weight:g}" for key, weight in variant.weights.items()]
    for key, weight in variant.signal_weights.items():
        dimension, _, signal = key.partition(".")
        changes.append(f"{naming(signal)[0]} weighs {weight:g} within {titles[dimension]}")
    for key, curve in variant.curves.items():
        title, unit = naming(key.partition(".")[2])
        words = (" gives ".join(pair) for pair in sketch(curve, unit).words)
        changes.append(f"{title}: {', '.join(words)}")
    return {"variant": variant, "changes": changes}
