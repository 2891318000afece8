"""The steps of a play as they are written down. Pure; see ``plays.spec`` for the whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from tenure.analytics.segments import Rule
from tenure.channels import registry
from tenure.channels.kinds import Kind

STEP_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
END = "end"


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Step(_Spec):
    id: str

    @model_validator(mode="after")
    def _named(self) -> _Step:
        if not STEP_NAME.fullmatch(self.id) or self.id == END:
            raise ValueError(
                f"the step id {self.id!r} is not usable: small letters, digits, - and _"
            )
        return self


def _on(name: str, kind: Kind[Any]) -> type[_Step]:
    """The step that says something on a channel."""
    field: Any = (Literal[name], ...)
    made: Any = create_model(
        kind.step.__name__,
        __base__=(_Step, kind.step),
        __doc__=kind.step.__doc__,
        __module__=__name__,
        kind=field,
    )
    return cast("type[_Step]", made)


ON_CHANNELS: dict[str, Any] = {name: _on(name, kind) for name, kind in registry.kinds().items()}
"""The step of each channel."""
MailStep: Any = ON_CHANNELS["mail"]


class TaskStep(_Step):
    """Work for a person: the account's owner, or somebody with ``role``."""

    kind: Literal["task"]
    title: str = Field(min_length=1)
    words: str = ""
    due_hours: float = Field(gt=0)
    role: str = ""


class WaitStep(_Step):
    kind: Literal["wait"]
    days: float = Field(default=0, ge=0)
    hours: float = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _waits(self) -> WaitStep:
        if not self.days and not self.hours:
            raise ValueError("wait how long? give days or hours")
        return self

    def span(self) -> timedelta:
        """How long."""
        return timedelta(days=self.days, hours=self.hours)


class BranchStep(_Step):
    """``did``: the event happened since they entered; or ``rule`` holds for the account now."""

    kind: Literal["branch"]
    did: str = ""
    rule: Rule | None = None
    then: str
    otherwise: str

    @model_validator(mode="after")
    def _one_question(self) -> BranchStep:
        if bool(self.did) == (self.rule is not None):
            raise ValueError("give exactly one of did and rule")
        return self


class SplitStep(_Step):
    """A split test: a stable share of accounts goes to each of the steps named."""

    kind: Literal["split"]
    arms: dict[str, float]

    @model_validator(mode="after")
    def _shares(self) -> SplitStep:
        if len(self.arms) < 2 or any(weight <= 0 for weight in self.arms.values()):
            raise ValueError("a split needs two or more steps, each with a share above 0")
        return self


class UpdateStep(_Step):
    """Write ``value`` to the trait ``field`` of the account."""

    kind: Literal["update"]
    field: str = Field(min_length=1, max_length=80)
    value: str | int | float | bool


class EndStep(_Step):
    kind: Literal["end"]


if TYPE_CHECKING:
    Step = Any
else:
    Step = Annotated[
        Union[
            (
                *ON_CHANNELS.values(),
                TaskStep,
                WaitStep,
                BranchStep,
                SplitStep,
                UpdateStep,
                EndStep,
            )
        ],
        Field(discriminator="kind"),
    ]


WRITES: tuple[type[Any], ...] = tuple(
    step for name, step in ON_CHANNELS.items() if registry.kind(name).to != "endpoint"
)
"""Steps that write to a person."""
POSTS: tuple[type[Any], ...] = tuple(ON_CHANNELS[n] for n in registry.addressed_to("endpoint"))
"""Steps that write to a system or the team."""


def targets(step: Any) -> Mapping[str, None]:
    """The steps a step may jump to."""
    if isinstance(step, BranchStep):
        return dict.fromkeys((step.then, step.otherwise))
    return dict.fromkeys(step.arms) if isinstance(step, SplitStep) else {}
