"""Confidence intervals: a number, and how far off it may be."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; ``low`` and ``high`` are None where none can be stated."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        """For JSON, rounded to four decimals."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {k: None if v is None else round(v, 4) for k, v in parts.items()}


NOTHING = Estimate(None)


def wilson(hits: int, total: int, z: float = Z95) -> Estimate:
    """Share ``hits / total`` with Wilson's score interval (E. B. Wilson, JASA 22, 1927).

    ``z`` is the normal quantile of the level wanted, by default that of 95 %.

    Newcombe (Statistics in Medicine 17, 1998, table I) gives 81 of 263 as 0.2553 to 0.3662:

    >>> wilson(81, 263).to_dict()
    {'value': 0.308, 'low': 0.2553, 'high': 0.3662}
    """
    if total == 0:
        return NOTHING
    share, square = hits / total, z * z
    middle = share + square / (2 * total)
    spread = z * ((share * (1 - share) + square / (4 * total)) / total) ** 0.5
    scale = 1 + square / total
    return Estimate(share, max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale))
