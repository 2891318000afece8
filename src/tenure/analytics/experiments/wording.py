"""Numbers of a result as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def words(facts: Mapping[str, Any], share: bool) -> dict[str, str]:
    """What the texts in policy may name; ``share``: the metric is a share, told in points.

    >>> points(0.0512, share=True), points(-1.5, share=False), points(None, share=True)
    ('+5.12 points', '-1.5', 'unknown')
    """
    effect, ratio = facts.get("difference"), facts["sample_ratio"]
    value, low, high = (effect.value, effect.low, effect.high) if effect else (None,) * 3
    return {
        "treated": facts["treated"],
        "control": facts["control"],
        "metric": facts["metric"],
        "difference": points(value, share),
        "low": points(low, share),
        "high": points(high, share),
        "level": f"{100 * facts['level']:.3g} %",
        "margin": points(facts["smallest_effect"], share).lstrip("+"),
        "harmed": ", ".join(_harmed(facts)),
        "counts": ", ".join(f"{name} {count:,}" for name, count in ratio.counts),
        "p": f"{ratio.p:.2g}",
    }


def points(value: float | None, share: bool) -> str:
    """A change with its sign, in percentage points where the metric is a share."""
    if value is None:
        return "unknown"
    return f"{100 * value:+.3g} points" if share else f"{value:+,.4g}"


def _harmed(facts: Mapping[str, Any]) -> list[str]:
    guards = [g.name for g in facts.get("guardrails", ()) if g.verdict == "harmed"]
    return guards or [facts["metric"]]
