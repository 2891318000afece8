"""Lifecycle stages: where an account stands, from where it stood and what is known now.

Stages are declared in order of precedence. An account without a stage enters the first one whose
entry rule holds. An account with a stage stays until its exit rule holds (without one, it may
leave at any time) and then enters the first *other* stage whose entry rule holds; if none does, it
stays. A stage that interrupts is entered from any stage at once, whatever that one's exit rule
says, unless an interrupting stage of higher precedence holds the account.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule, evaluate

Names = npt.NDArray[np.object_]


class Stage(BaseModel):
    """One stage and its rules; the goal is what being in it is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    title: str
    goal: str
    enter: Rule
    exit: Rule | None = None
    interrupts: bool = False


class PeopleStages(BaseModel):
    """Stages of people, in days since first and last seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: tuple[str, ...]
    onboarding_days: int = Field(ge=0)
    inactive_days: int = Field(ge=1)


class StagePolicy(BaseModel):
    """All stages, highest precedence first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stages: tuple[Stage, ...] = Field(min_length=1)
    people: PeopleStages

    def fields(self) -> set[str]:
        """Every field a rule looks at."""
        rules = [r for s in self.stages for r in (s.enter, s.exit) if r is not None]
        return {name for rule in rules for name in rule.fields()}


def parse_stages(source: str, text: str) -> StagePolicy:
    """The stages in the TOML ``text``; SpecError if they are not sound."""
    policy = toml.parse(StagePolicy, source, toml.read(source, text))
    names = [stage.name for stage in policy.stages]
    if len(set(names)) < len(names):
        raise SpecError(source, "stages", "two have the same name", "rename one of them")
    return policy


@lru_cache
def default_stages() -> StagePolicy:
    """The packaged stages."""
    return parse_stages("stages", (files("tenure.analytics") / "stages.toml").read_text())


def next_stage(previous: Names, table: pa.Table, policy: StagePolicy) -> Names:
    """The stage of every row of ``table``, given the stage before (None: none yet)."""
    number = len(previous)
    enters = [evaluate(stage.enter, table) for stage in policy.stages]
    may_leave = _may_leave(previous, table, policy)
    result = np.array(previous, dtype=object)
    settled = np.zeros(number, dtype=bool)
    for stage, enter in zip(policy.stages, enters, strict=True):
        here = previous == stage.name
        # Who stands in an interrupting stage and may not leave is out of reach for lower ones.
        if stage.interrupts:
            settled |= here & ~may_leave
        takes = enter & ~settled & ~here & (may_leave | stage.interrupts)
        result[takes] = stage.name
        settled |= takes
    return result


def _may_leave(previous: Names, table: pa.Table, policy: StagePolicy) -> npt.NDArray[np.bool_]:
    # A stage that policy no longer knows holds nobody.
    free = np.ones(len(previous), dtype=bool)
    for stage in policy.stages:
        here = previous == stage.name
        if here.any():
            free[here] = evaluate(stage.exit, table)[here] if stage.exit is not None else True
    return free
