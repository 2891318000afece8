"""What is known of one arm: how many, their mean, and how they vary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """``n`` units with ``mean`` and unbiased ``variance``; ``hits`` where each is yes or no."""

    n: int
    mean: float
    variance: float
    hits: int | None = None

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return math.sqrt(self.variance / self.n) if self.n else math.inf


def of_counts(hits: int, n: int) -> Sample:
    """The sample in which ``hits`` of ``n`` did it.

    >>> of_counts(3, 4)
    Sample(n=4, mean=0.75, variance=0.25, hits=3)
    """
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no count")
    share = hits / n if n else 0.0
    return Sample(n, share, share * (1 - share) * n / (n - 1) if n > 1 else 0.0, hits)


def of_values(values: Any) -> Sample:
    """The sample of numbers; of yes and no (0 and 1) where there is nothing else.

    >>> of_values([1.0, 2.0, 6.0])
    Sample(n=3, mean=3.0, variance=7.0, hits=None)
    >>> of_values([1, 0, 1, 1]) == of_counts(3, 4)
    True
    """
    data = np.asarray(values, dtype=float)
    if not np.isfinite(data).all():
        raise ValueError("a metric holds values that are no finite numbers; leave these units out")
    if data.size and np.isin(data, (0.0, 1.0)).all():
        return of_counts(int(data.sum()), int(data.size))
    variance = float(data.var(ddof=1)) if data.size > 1 else 0.0
    return Sample(int(data.size), float(data.mean()) if data.size else 0.0, variance)
