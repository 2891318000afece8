"""Checks of the scores: do they see what they are made of?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tenure.core.doctor import Finding, Level
from tenure.core.operations import DoctorLimits
from tenure.health import gaps, queries


def scores(_limits: DoctorLimits, _now: datetime) -> Iterator[Finding]:
    """What the last scoring by the default model could not see."""
    run = queries.latest_run(queries.default_model())
    if run is None:
        yield Finding("scores", Level.OK, "nothing is scored yet")
        return
    found = gaps.of_summary(run.summary)
    for gap in found:
        yield Finding("scores", Level.WARN, gap.text, gap.remedy)
    if not found:
        yield Finding("scores", Level.OK, "the last scoring saw people, roles and amounts")
