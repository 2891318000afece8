"""The words declarations are made of: spans of days, conditions on facts, tests on signals."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not_in", "contains", "is_set", "is_not_set"]
Unit = Literal["count", "days", "minutes", "share", "ratio", "points", "money", "text", "flag"]
Better = Literal["better", "worse", "neutral"]
Names = str | list[str]
Scalar = str | bool | int | float

_SPAN = re.compile(r"^(\d+)d$")


def days(span: str) -> int:
    """The number of days in a span such as ``28d``.

    >>> days("28d")
    28
    """
    found = _SPAN.match(span)
    if not found:
        raise ValueError(f"{span!r} is not a span of days; write it like 28d")
    return int(found.group(1))


def _span(text: str) -> str:
    days(text)
    return text


def _window(text: str) -> str:
    if not 1 <= days(text) <= 1100:
        raise ValueError(f"a window of {text} is out of range; use 1d to 1100d")
    return text


Span = Annotated[str, AfterValidator(_span)]
Window = Annotated[str, AfterValidator(_window)]


class Strict(BaseModel):
    """Unknown keys are refused; values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(Strict):
    """``field op value``: a column, or else a property, of a fact compared with a value."""

    field: str
    op: Op = "="
    value: Scalar | list[Scalar] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Condition:
        if self.op in ("in", "not_in") and not (isinstance(self.value, list) and self.value):
            raise ValueError(f"'{self.op}' needs a list of values")
        if self.op not in ("in", "not_in", "is_set", "is_not_set") and (
            self.value is None or isinstance(self.value, list)
        ):
            raise ValueError(f"'{self.op}' needs one value")
        return self


class Test(Strict):
    """``signal op value``, or against ``times`` another signal ``of``; NULL never passes."""

    __test__: ClassVar[bool] = False
    signal: str
    op: Literal["=", "!=", "<", "<=", ">", ">=", "in", "is_set", "is_not_set"] = ">="
    value: Scalar | list[Scalar] | None = None
    of: str | None = None
    times: float = 1.0
    or_missing: bool = False

    @model_validator(mode="after")
    def _one_side(self) -> Test:
        bare = self.op in ("is_set", "is_not_set")
        if bare == (self.value is not None or self.of is not None):
            raise ValueError("compare with either `value` or another signal in `of`")
        if self.value is not None and self.of is not None:
            raise ValueError("`value` and `of` exclude each other")
        if (self.op == "in") != isinstance(self.value, list):
            raise ValueError("'in' needs a list, the other comparisons one value")
        return self
