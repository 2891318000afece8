"""Targets that other policy documents hold: one number for one figure, wherever it is shown."""

from __future__ import annotations

from typing import Any

from tenure.analytics.moments import DAY_US
from tenure.analytics.onboarding.policy import Span
from tenure.core import policy
from tenure.documents.board.spec import Board, Measure


def resolved(board: Board) -> Board:
    """The board with the targets in force."""
    measures = {name: _with_target(one) for name, one in board.measures.items()}
    return board.model_copy(update={"measures": measures})


def _with_target(measure: Measure) -> Measure:
    if measure.target_from is None:
        return measure
    document, *way = measure.target_from.split(".")
    found: Any = policy.load(document)
    for name in way:
        found = getattr(found, name)
    return measure.model_copy(update={"target": _number(found)})


def _number(found: Any) -> float:
    if isinstance(found, Span):
        return found.micros / DAY_US
    return float(found[0] if isinstance(found, list | tuple) else found)
