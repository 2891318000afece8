"""A line with the band that was expected around it, as SVG geometry. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

PAD = 3.0


class Dot(Protocol):
    """What a point of the chart is drawn from."""

    value: float | None
    low: float | None
    high: float | None
    status: str


@dataclass(frozen=True)
class Chart:
    """Paths in a box: the line (with gaps), the band (with gaps), the target, and marked points."""

    width: int
    height: int
    line: str
    band: str
    target: float | None
    last: tuple[float, float] | None
    marked: tuple[tuple[float, float], ...] = ()


def chart(
    dots: Sequence[Dot], target: float | None, bad: str, width: int = 320, height: int = 72
) -> Chart:
    """Geometry of ``dots``, oldest first; those whose status is ``bad`` are marked.

    >>> from types import SimpleNamespace as Row
    >>> rows = [Row(value=v, low=0, high=10, status="fine") for v in (0, 10)]
    >>> found = chart(rows, None, "low", width=16, height=16)
    >>> found.line, found.band
    ('M3.0 13.0L13.0 3.0', 'M3.0 3.0L13.0 3.0L13.0 13.0L3.0 13.0Z')
    """
    known = [v for d in dots for v in (d.value, d.low, d.high) if v is not None]
    if target is not None and known:
        known.append(target)
    if len([d for d in dots if d.value is not None]) < 2:
        return Chart(width, height, "", "", None, None)
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (width - 2 * PAD) / max(len(dots) - 1, 1)
    rise = (height - 2 * PAD) / span

    def at(index: int, value: float) -> tuple[float, float]:
        return round(PAD + index * step, 1), round(height - PAD - (value - low) * rise, 1)

    points = [(at(i, d.value), d) for i, d in enumerate(dots) if d.value is not None]
    line = _line([None if d.value is None else at(i, d.value) for i, d in enumerate(dots)])
    edges = [
        None if d.low is None or d.high is None else (at(i, d.high), at(i, d.low))
        for i, d in enumerate(dots)
    ]
    return Chart(
        width,
        height,
        line,
        _band(edges),
        None if target is None else at(0, target)[1],
        points[-1][0],
        tuple(xy for xy, d in points if d.status == bad),
    )


Point = tuple[float, float]


def _line(points: Sequence[Point | None]) -> str:
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    return "".join(path)


def _band(edges: Sequence[tuple[Point, Point] | None]) -> str:
    """One closed shape for each unbroken run of edges."""
    shapes, run = [], []
    for edge in [*edges, None]:
        if edge is not None:
            run.append(edge)
            continue
        if len(run) > 1:
            outline = [upper for upper, _ in run] + [lower for _, lower in reversed(run)]
            shapes.append(_line(outline) + "Z")
        run = []
    return "".join(shapes)
