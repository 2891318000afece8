"""Little charts as SVG geometry, rendered on the server. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Spark:
    """A line in a box: the path (with gaps where values are missing) and its last point."""

    width: int
    height: int
    path: str
    last: Point | None


def sparkline(
    values: Sequence[float | None],
    width: int = 72,
    height: int = 20,
    low: float | None = None,
    high: float | None = None,
    least: float = 0.0,
) -> Spark:
    """Geometry of a sparkline; ``low`` and ``high`` fix the scale, else the values set it.

    A scale set by the values spans at least ``least``, so that noise does not look like a story.

    >>> sparkline([0, 10], width=12, height=12).path
    'M2.0 10.0L10.0 2.0'
    """
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return Spark(width, height, "", None)
    bottom = min(known) if low is None else low
    span = (max(known) if high is None else high) - bottom
    if span < least:
        bottom -= (least - span) / 2
        span = least
    pad = 2.0
    step = (width - 2 * pad) / max(len(values) - 1, 1)
    rise = (height - 2 * pad) / span if span else 0.0
    middle = height / 2
    path: list[str] = []
    last, pen = (0.0, 0.0), "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        last = (pad + index * step, height - pad - (value - bottom) * rise if span else middle)
        path.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
        pen = "L"
    return Spark(width, height, "".join(path), (round(last[0], 1), round(last[1], 1)))


def share(value: float | None, of: float) -> float:
    """``value`` as a percentage of ``of``, kept within 0 to 100.

    >>> share(5, 20), share(None, 10), share(30, 20)
    (25.0, 0.0, 100.0)
    """
    if not value or not of:
        return 0.0
    return round(min(max(100 * value / of, 0.0), 100.0), 2)
