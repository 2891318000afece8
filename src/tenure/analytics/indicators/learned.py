"""What marks on alerts teach: an indicator that cried wolf gets a wider band. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from tenure.analytics.indicators.policy import Learning

Mark = Literal["useful", "false_alarm"]


def factor(marks: Iterable[str], rule: Learning) -> float:
    """By how much the threshold is multiplied after ``marks``, oldest first.

    >>> rule = Learning(step=1.25, most=2.5)
    >>> factor(["false_alarm", "false_alarm"], rule), factor(["false_alarm", "useful"], rule)
    (1.5625, 1.0)
    >>> factor(["useful"], rule), factor(["false_alarm"] * 9, rule)
    (1.0, 2.5)
    """
    value = 1.0
    for mark in marks:
        if mark == "false_alarm":
            value = min(value * rule.step, rule.most)
        elif mark == "useful":
            value = max(value / rule.step, 1.0)
    return value
