"""A score and its explanation, arranged for the page. Pure: dicts and bands in, dataclasses out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.analytics.health.bands import Band
from tenure.kit.pages import formats

Write = Callable[[str, Any], str]
GAP = 0.7


@dataclass(frozen=True)
class SignalLine:
    """One signal of a dimension."""

    name: str
    title: str
    value: str
    level: str
    points: float
    most: float
    delta: float | None
    missing: bool
    role: str


@dataclass(frozen=True)
class DimensionLine:
    """One dimension; ``x`` is where its part of the stacked bar begins (0 to 100)."""

    key: str
    title: str
    points: float
    most: float
    delta: float | None
    coverage: float
    role: str
    x: float
    width: float
    fill: float
    signals: list[SignalLine]


@dataclass(frozen=True)
class Line:
    """A sentence in two columns: what, how it was and is, and what it gave or would give."""

    title: str
    text: str
    points: float


@dataclass(frozen=True)
class ScoreView:
    """Everything the score card says."""

    dimensions: list[DimensionLine]
    changes: list[Line]
    movers: list[Line]
    missing: list[str]
    coverage: float


def role_of(share: float, bands: Sequence[Band]) -> str:
    """The colour of the band in which ``share`` (0 to 1) of full points falls."""
    reached = [b for b in bands if 100 * share >= b.min]
    return max(reached, key=lambda b: b.min).color if reached else "none"


def build(explanation: Mapping[str, Any], bands: Sequence[Band], write: Write) -> ScoreView:
    """The card of an explanation; ``write`` gives the text of a signal's value."""
    dimensions, x = [], 0.0
    for found in explanation.get("dimensions", []):
        dimensions.append(_dimension(found, x, bands, write))
        x += found["weight"]
    titles = {
        s["signal"]: s["title"] for d in explanation.get("dimensions", []) for s in d["signals"]
    }
    return ScoreView(
        dimensions,
        [_change(c, write) for c in explanation.get("changes", []) if _shows(c)],
        [_mover(m, write) for m in explanation.get("movers", []) if m["gain"] > 0],
        [titles.get(name) or name for name in explanation.get("missing", [])],
        explanation.get("coverage", 0.0),
    )


def _dimension(
    found: Mapping[str, Any], x: float, bands: Sequence[Band], write: Write
) -> DimensionLine:
    most, width = found["max_points"], max(found["weight"] - GAP, 0.5)
    share = found["points"] / most if most else 0.0
    return DimensionLine(
        found["key"],
        found["title"],
        found["points"],
        most,
        found.get("delta_points"),
        found["coverage"],
        role_of(share, bands) if most else "none",
        round(x, 2),
        round(width, 2),
        round(width * share, 2),
        [_signal(s, bands, write) for s in found["signals"]],
    )


def _signal(found: Mapping[str, Any], bands: Sequence[Band], write: Write) -> SignalLine:
    most, missing = found["max_points"], found["missing"]
    role = role_of(found["points"] / most, bands) if most and not missing else "none"
    return SignalLine(
        found["signal"],
        found["title"] or found["signal"],
        formats.NOTHING if missing else write(found["signal"], found["value"]),
        found.get("level") or "",
        found["points"],
        most,
        found.get("delta_points"),
        missing,
        role,
    )


def _shows(change: Mapping[str, Any]) -> bool:
    """Whether a change is not nought at the one decimal that is shown."""
    return round(change["delta_points"], 1) != 0


def _change(found: Mapping[str, Any], write: Write) -> Line:
    before, after = (write(found["signal"], found[key]) for key in ("previous", "value"))
    return Line(found["title"] or found["signal"], f"{before} → {after}", found["delta_points"])


def _mover(found: Mapping[str, Any], write: Write) -> Line:
    now = write(found["signal"], found["value"])
    text = f"now {now}, full points at {write(found['signal'], found['full_at'])}"
    if found["next_gain"] < found["gain"]:
        step = write(found["signal"], found["next_at"])
        text += f"; the next step, {step}, gives {formats.number(found['next_gain'], 1)}"
    return Line(found["title"] or found["signal"], text, found["gain"])
