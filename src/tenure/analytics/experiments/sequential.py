"""Intervals that hold at every look: watch the experiment daily, and stop when you like.

Asymptotic confidence sequences of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform
central limit theory and asymptotic confidence sequences" (Annals of Statistics 52, 2024; arXiv
2103.06476, theorem 2.2), with Robbins' normal mixture as the boundary. After ``n`` units the mean
lies within

    error * sqrt((n r^2 + 1) / (n r^2) * log((n r^2 + 1) / alpha^2))

at all n together with probability 1 - alpha, ``error`` being the standard error and r the mixture's
width. For two arms ``n`` counts both, and error^2 = s0^2/n0 + s1^2/n1: the mean of units weighted
by the inverse of their chance of being in their arm. It holds as n grows: judge no arm below
``min_sample``.
"""

from __future__ import annotations

import math


def mixture_square(alpha: float, tuned_for: float) -> float:
    """r^2 for which the sequence is narrowest at ``tuned_for`` units.

    With x = n r^2 and L = -2 log alpha the width's square (1 + 1/x)(log(1 + x) + L) is least where
    x = L + log(1 + x), found by repeated insertion; the paper's closed form is its first step.

    >>> round(mixture_square(0.05, 1000) * 1000, 3)
    8.212
    """
    level = -2 * math.log(alpha)
    x = level
    for _ in range(100):
        x = level + math.log1p(x)
    return x / tuned_for


def critical_at(n: float, alpha: float, tuned_for: float) -> float:
    """How many standard errors wide the interval is after ``n`` units in all arms.

    At its narrowest, for alpha 0.05, it is 3.04 where a single look needs 1.96: the price of
    looking.

    >>> round(critical_at(1000, 0.05, 1000), 2), round(critical_at(100, 0.05, 1000), 2)
    (3.04, 3.82)
    """
    if n <= 0:
        return math.inf
    x = n * mixture_square(alpha, tuned_for)
    return math.sqrt((x + 1) / x * (math.log1p(x) - 2 * math.log(alpha)))


def single_look_alpha(alpha: float) -> float:
    """The alpha of one look that is as strict as the sequence is at the size it was tuned for.

    Put into ``power``, it sizes an experiment that is going to be watched.

    >>> round(single_look_alpha(0.05), 4)
    0.0024
    """
    return math.erfc(critical_at(1, alpha, 1) / math.sqrt(2))
