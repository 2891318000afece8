"""Whether the arms have the sizes that the assignment should give: if not, nothing else counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class SampleRatio:
    """Units in each arm, the chance of so uneven a split, and whether that is too small."""

    counts: tuple[tuple[str, int], ...]
    p: float
    broken: bool


def sample_ratio(
    counts: Mapping[str, int], weights: Mapping[str, float], threshold: float
) -> SampleRatio:
    """Pearson's chi-square of ``counts`` against the planned ``weights`` (any scale).

    Broken when p < ``threshold``. Kohavi, Tang and Xu (2020), ch. 21, scenario 1: 821,588 against
    815,482 users of an even split have p = 1.8E-6.

    >>> even = {"control": 1, "treated": 1}
    >>> found = sample_ratio({"control": 821588, "treated": 815482}, even, 0.001)
    >>> f"{found.p:.1e}", found.broken
    ('1.8e-06', True)
    """
    if set(counts) != set(weights):
        raise ValueError(f"arms {sorted(counts)} are not those planned {sorted(weights)}")
    if any(weight <= 0 for weight in weights.values()):
        raise ValueError("every arm needs a weight above 0")
    total, scale = sum(counts.values()), sum(weights.values())
    if not total or len(counts) < 2:
        return SampleRatio(tuple(counts.items()), 1.0, False)
    expected = {name: total * weight / scale for name, weight in weights.items()}
    chi = sum((counts[name] - want) ** 2 / want for name, want in expected.items())
    p = float(stats.chi2.sf(chi, len(counts) - 1))
    return SampleRatio(tuple(counts.items()), p, p < threshold)
