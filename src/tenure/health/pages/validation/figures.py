"""A kept report laid out for reading. Pure, but for the definitions it reads once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tenure.analytics.health.bands import Band
from tenure.kit.pages import formats

Row = dict[str, Any]
VERDICTS = {
    "predicts": ("good", "circle-check", "It predicts"),
    "weak": ("warn", "alert-triangle", "Weak"),
    "does_not_predict": ("bad", "ban", "Does not predict"),
    "inverted": ("bad", "ban", "Inverted"),
    "too_little_churn": ("none", "info-circle", "Too little churn"),
}
AREAS = ("auc", "pr_auc")
SHARES = ("precision_top_decile", "green_share", "base_rate", "calibration_error")
COMPARED = (
    "auc",
    "pr_auc",
    "base_rate",
    "precision_top_decile",
    "lift_top_decile",
    "green_share",
    "median_health_before",
    "calibration_error",
)


@cache
def words() -> dict[str, dict[str, str]]:
    """Title and meaning of each figure."""
    return tomllib.loads(
        files("tenure.health.pages.validation").joinpath("words.toml").read_text("utf-8")
    )


def verdict(code: str) -> Row:
    """Colour, icon and short words of a verdict."""
    role, icon, short = VERDICTS.get(code, VERDICTS["too_little_churn"])
    return {"code": code, "role": role, "icon": icon, "short": short}


def of(horizon: Row, key: str) -> Row:
    """One figure of one horizon: its value in words, its interval, its meaning."""
    found = horizon.get(key)
    estimate = found if isinstance(found, Mapping) else {"value": found}
    return {
        "key": key,
        **words()[key],
        "value": _shown(key, estimate.get("value")),
        "interval": _interval(key, estimate),
        "n": estimate.get("n"),
    }


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return formats.NOTHING
    if key in AREAS:
        return f"{value:.2f}"
    if key in SHARES:
        return f"{formats.number(100 * value, 1 if value < 0.1 else 0)} %"
    if key == "lift_top_decile":
        return f"{formats.number(value, 1)} ×"
    return formats.number(value, 0)


def _interval(key: str, estimate: Mapping[str, Any]) -> str:
    low, high = estimate.get("low"), estimate.get("high")
    if low is None or high is None:
        return ""
    return f"{_shown(key, low)} to {_shown(key, high)}"


def horizons(result: Row, bands: Mapping[str, Band]) -> list[Row]:
    """Each horizon with its figures, calibration and what churned accounts scored before."""
    return [
        {
            "days": h["days"],
            "raw": h,
            "figures": {key: of(h, key) for key in COMPARED},
            "calibration": h["calibration"],
            "chart": {"points": h["calibration"]},
            "before": before(h["score_distribution_before"], bands),
        }
        for h in result["horizons"]
    ]


def lines(listed: list[Row]) -> list[Row]:
    """One line a figure, one cell a horizon."""
    return [{**words()[key], "cells": [h["figures"][key] for h in listed]} for key in COMPARED]


def before(rows: list[Row], bands: Mapping[str, Band]) -> list[Row]:
    """Bands that churned accounts stood in, best first, placed on a bar of width 100."""
    ordered = sorted(rows, key=lambda r: -_least(bands, r["band"]))
    left, parts = 0.0, []
    for row in ordered:
        band = bands.get(row["band"])
        width = 100 * row["share"]
        parts.append(
            {
                **row,
                "title": band.title if band else row["band"],
                "role": band.color if band else "none",
                "x": round(left, 2),
                "width": round(width, 2),
            }
        )
        left += width
    return parts


def _least(bands: Mapping[str, Band], name: str) -> float:
    return bands[name].min if name in bands else -1.0


def lead(result: Row) -> Row:
    """Lead time and the share warned of."""
    found = result["lead_time"]
    share = found["share_flagged"]
    return {
        **found,
        "share": _shown("green_share", share["value"]),
        "interval": _interval("green_share", share),
        "words": words()["lead_time"],
        "share_words": words()["share_flagged"],
    }


def charts(result: Row) -> Row:
    """The data of the chart by date."""
    return {
        "by_date": {
            "labels": [r["as_of"] for r in result["by_date"]],
            "auc": [r["auc"] for r in result["by_date"]],
        },
    }


def side_by_side(reports: list[Row]) -> list[Row]:
    """One line a figure of the verdict's horizon, one cell a report; the best cell is marked."""
    chosen = [_verdict_horizon(r) for r in reports]
    lines = []
    for key in COMPARED:
        cells = [of(h, key) for h in chosen]
        raw = [_raw(h.get(key)) for h in chosen]
        lines.append({**words()[key], "cells": _marked(key, cells, raw)})
    return lines


def _verdict_horizon(result: Row) -> Row:
    days = result["verdict"].get("days")
    found: Row = next((h for h in result["horizons"] if h["days"] == days), result["horizons"][0])
    return found


def _raw(value: Any) -> float | None:
    return value.get("value") if isinstance(value, Mapping) else value


BEST = {
    "auc": max,
    "pr_auc": max,
    "precision_top_decile": max,
    "lift_top_decile": max,
    "green_share": min,
    "median_health_before": min,
    "calibration_error": min,
}


def _marked(key: str, cells: list[Row], raw: list[float | None]) -> list[Row]:
    known = [v for v in raw if v is not None]
    pick = BEST.get(key)
    best = pick(known) if pick and len(known) > 1 and len(set(known)) > 1 else None
    return [{**c, "best": best is not None and v == best} for c, v in zip(cells, raw, strict=True)]
