"""Geometry of the revenue charts, as SVG. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenure.analytics.revenue.figures import MonthFigures

GAINS = (("new", "accent"), ("expansion", "good"), ("reactivation", "ok"))
LOSSES = (("contraction", "warn"), ("churn", "bad"))
COLORS = dict(GAINS + LOSSES)
WIDTH, HEIGHT, PAD = 720.0, 220.0, 20.0


@dataclass(frozen=True)
class Block:
    """A rectangle of a bar."""

    x: float
    y: float
    width: float
    height: float
    color: str
    kind: str
    minor: int


@dataclass(frozen=True)
class Bar:
    """A month: its blocks, where its label stands, and its net change."""

    label: str
    middle: float
    blocks: tuple[Block, ...]
    net_minor: int


@dataclass(frozen=True)
class Waterfall:
    """What came above the line, what went below it, month by month."""

    width: float
    height: float
    zero: float
    bars: tuple[Bar, ...]


def waterfall(months: Sequence[MonthFigures]) -> Waterfall:
    """Gains stacked upwards and losses downwards, on one scale."""
    up = max((sum(_of(m, k) for k, _ in GAINS) for m in months), default=0)
    down = max((sum(_of(m, k) for k, _ in LOSSES) for m in months), default=0)
    rise = (HEIGHT - 2 * PAD) / ((up + down) or 1)
    zero = PAD + up * rise
    step = WIDTH / max(len(months), 1)
    bars = []
    for place, month in enumerate(months):
        x, wide = place * step + step * 0.2, step * 0.6
        blocks = _stack(month, GAINS, x, wide, zero, -rise)
        blocks += _stack(month, LOSSES, x, wide, zero, rise)
        net = month.end_minor - month.start_minor
        bars.append(Bar(f"{month.month:%b}", place * step + step / 2, tuple(blocks), net))
    return Waterfall(WIDTH, HEIGHT, round(zero, 1), tuple(bars))


def _of(month: MonthFigures, kind: str) -> int:
    return int(getattr(month, f"{kind}_minor"))


def _stack(
    month: MonthFigures,
    kinds: Sequence[tuple[str, str]],
    x: float,
    wide: float,
    zero: float,
    rise: float,
) -> list[Block]:
    blocks, at = [], zero
    for kind, color in kinds:
        minor = _of(month, kind)
        if not minor:
            continue
        there = at + minor * rise
        low, tall = min(at, there), abs(there - at)
        blocks.append(
            Block(round(x, 1), round(low, 1), round(wide, 1), round(tall, 1), color, kind, minor)
        )
        at = there
    return blocks
