"""A curve of a health model drawn and put into words."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.analytics.health.curves import Curve, Step
from tenure.health.pages.signal_words import write
from tenure.kit.pages import formats

WIDTH, HEIGHT, PAD = 96.0, 34.0, 3.0
BEYOND = 0.18  # how far the flat ends reach past the outermost points, as a share of the range


@dataclass(frozen=True)
class Sketch:
    """The path of the curve (empty for text values), and its corners as value and score."""

    path: str
    words: list[tuple[str, str]]
    width: float = WIDTH
    height: float = HEIGHT


def shown(value: float | str, unit: str = "") -> str:
    """A signal's value as people write it; ``unit`` may also be ``change``.

    >>> shown(0.5, "share"), shown(3.0, "days"), shown(-0.5, "change"), shown("late")
    ('50 %', '3 days', '−50 %', 'late')
    """
    return write(value, unit, "change" if unit == "change" else "")


def sketch(curve: Curve, unit: str = "") -> Sketch:
    """How points come from the value of a signal of ``unit``."""
    if curve.match:
        pairs = sorted(curve.match.items(), key=lambda p: -p[1])
        return Sketch("", [(shown(text), formats.number(score)) for text, score in pairs])
    if curve.points:
        corners = [(shown(v, unit), formats.number(s)) for v, s in curve.points]
        return Sketch(_path(list(curve.points), steps=False), corners)
    steps = [(s.start, s.score) for s in curve.steps]
    named = [(f"from {shown(s.start, unit)}", _step(s)) for s in curve.steps]
    return Sketch(_path(steps, steps=True), named)


def _step(step: Step) -> str:
    return formats.number(step.score) + (f" ({step.level})" if step.level else "")


def _path(corners: list[tuple[float, float]], *, steps: bool) -> str:
    low, high = corners[0][0], corners[-1][0]
    reach = (high - low or abs(low) or 1.0) * BEYOND
    ends = [(low - reach, corners[0][1]), *corners, (high + reach, corners[-1][1])]
    placed = [_place(v, s, low - reach, high + reach) for v, s in ends]
    parts = [f"M{placed[0][0]:g} {placed[0][1]:g}"]
    for x, y in placed[1:]:
        parts.append(f"H{x:g}V{y:g}" if steps else f"L{x:g} {y:g}")
    return "".join(parts)


def _place(value: float, score: float, low: float, high: float) -> tuple[float, float]:
    x = PAD + (value - low) / (high - low) * (WIDTH - 2 * PAD)
    y = HEIGHT - PAD - score / 100 * (HEIGHT - 2 * PAD)
    return round(x, 1), round(y, 1)
