"""The signal language: what a declaration may say. One class per form, checked by pydantic.

A signal is a number (or a text) about an account, or about a person in an account, as of a moment.
The TOML of each form is shown in ``docs/rules/signals.md``.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from tenure.analytics.signals.terms import (
    Better,
    Condition,
    Names,
    Op,
    Scalar,
    Span,
    Strict,
    Test,
    Unit,
    Window,
    days,
)

__all__ = [
    "AnySignal",
    "Condition",
    "Names",
    "Op",
    "Scalar",
    "Test",
    "days",
]


class Signal(Strict):
    """What all forms share. ``unit`` says how to show the value, ``higher_is`` how to judge it."""

    derived: ClassVar[bool] = False
    title: str = Field(min_length=1)
    description: str = ""
    unit: Unit = "count"
    higher_is: Better = "better"
    group: str = ""
    per: Literal["account", "person"] = "account"

    def parts(self) -> list[str]:
        """Names of the signals this one is made of."""
        return []

    @property
    def text(self) -> bool:
        """Whether the value is a text rather than a number."""
        return self.unit == "text"


class EventSignal(Signal):
    """About events in a window of days: see ``docs/rules/signals.md`` for each kind."""

    kind: Literal[
        "count",
        "active_days",
        "active_weeks",
        "people",
        "person_days",
        "sessions",
        "minutes",
        "sum",
        "avg",
        "recency_days",
    ]
    events: Names
    window: Window
    offset: Span = "0d"
    where: list[Condition] = []
    property: str | None = None
    by_role: Names | None = None

    @model_validator(mode="after")
    def _fits(self) -> EventSignal:
        if (self.kind in ("sum", "avg")) != (self.property is not None):
            raise ValueError("`property` belongs to the kinds sum and avg, and they need it")
        if self.by_role is not None and self.kind != "recency_days":
            raise ValueError("`by_role` belongs to the kind recency_days")
        if self.kind == "active_weeks" and days(self.window) % 7:
            raise ValueError("active_weeks needs a window of whole weeks, such as 28d")
        if self.per == "person" and self.kind in ("people", "person_days"):
            raise ValueError(f"'{self.kind}' counts people and cannot be per person")
        return self


class AdoptionSignal(Signal):
    """Share of the catalogue's features used in the window, or features that fell out of use."""

    kind: Literal["adoption", "stopped"]
    features: Literal["all", "core", "high_value"] = "all"
    window: Window
    offset: Span = "0d"
    before: Window | None = None

    @model_validator(mode="after")
    def _fits(self) -> AdoptionSignal:
        if (self.kind == "stopped") != (self.before is not None):
            raise ValueError("`before` belongs to the kind stopped, and it needs it")
        if self.per == "person":
            raise ValueError(f"'{self.kind}' is per account")
        return self


class TableSignal(Signal):
    """About rows of a table as they were known: counted, summed, or one value picked.

    A sum that is ``whole`` is missing where a row that counts has no value: unknown is not 0.
    """

    kind: Literal[
        "rows",
        "people",
        "sum",
        "avg",
        "min",
        "max",
        "share",
        "recency_days",
        "value",
        "days_since",
        "days_until",
    ]
    table: str
    column: str | None = None
    of: dict[str, Names] = {}
    where: list[Condition] = []
    matching: list[Condition] = []
    window: Window | None = None
    offset: Span = "0d"
    as_of: Span = "0d"
    at: str | None = None
    by_role: Names | None = None
    order: list[str] = []
    whole: bool = False

    @model_validator(mode="after")
    def _fits(self) -> TableSignal:
        if self.whole and self.kind != "sum":
            raise ValueError("`whole` belongs to the kind sum")
        if self.kind in ("sum", "avg", "min", "max", "value", "days_since", "days_until") and (
            self.column is None
        ):
            raise ValueError(f"'{self.kind}' needs a `column`")
        if (self.kind == "share") != bool(self.matching):
            raise ValueError("`matching` belongs to the kind share, and it needs it")
        if self.kind == "recency_days" and self.window is None:
            raise ValueError("recency_days needs a `window`: how far to look back")
        if self.window is None and days(self.offset):
            raise ValueError("`offset` moves a window; give a `window`, or use `as_of`")
        if self.per == "person":
            raise ValueError("signals about tables are per account")
        return self


class Derived(Signal):
    """Made of other signals."""

    derived: ClassVar[bool] = True


class RatioSignal(Derived):
    """numerator / denominator / divide. ``empty`` is the value when the denominator is 0."""

    kind: Literal["ratio"]
    numerator: str
    denominator: str | None = None
    divide: float = Field(default=1.0, gt=0)
    empty: float | None = None
    at_most: float | None = None

    def parts(self) -> list[str]:
        """Numerator and denominator."""
        return [n for n in (self.numerator, self.denominator) if n]


class ChangeSignal(Derived):
    """(now - before) / before, where ``before`` is the same signal one window earlier.

    NULL when there was nothing before. ``least`` is the smallest ``before`` worth comparing with.
    """

    kind: Literal["change"]
    signal: str
    before: str | None = None
    least: float = Field(default=0.0, ge=0)

    def parts(self) -> list[str]:
        """The signal (and the one it is compared with, if named)."""
        return [n for n in (self.signal, self.before) if n]


class DifferenceSignal(Derived):
    """signal - minus."""

    kind: Literal["difference"]
    signal: str
    minus: str

    def parts(self) -> list[str]:
        """Both sides."""
        return [self.signal, self.minus]


class CombineSignal(Derived):
    """``total`` adds what is known, ``first_of`` is the first known, ``greatest`` the largest."""

    kind: Literal["total", "first_of", "greatest"]
    signals: list[str] = Field(min_length=1)

    def parts(self) -> list[str]:
        """All of them."""
        return list(self.signals)


class Case(Strict):
    """A value and the tests that must all hold for it."""

    value: str | float
    when: list[Test] = Field(min_length=1)


class CaseSignal(Derived):
    """The value of the first case whose tests hold, else ``otherwise``.

    NULL when every signal named in ``needs`` (default: in any test) is NULL.
    """

    kind: Literal["case"]
    cases: list[Case] = Field(min_length=1)
    otherwise: str | float | None = None
    needs: list[str] = []

    def parts(self) -> list[str]:
        """Signals in tests and needs."""
        tests = [t for case in self.cases for t in case.when]
        named = [t.signal for t in tests] + [t.of for t in tests if t.of] + self.needs
        return list(dict.fromkeys(named))


class LimitSignal(Signal):
    """Use of the plan's ``usage_limit`` by its ``usage_event`` in the window; 1.0 is all of it."""

    kind: Literal["limit"]
    window: Window


class CoverageSignal(Signal):
    """Share of ``roles`` held by at least one person who is still there."""

    kind: Literal["roles_covered"]
    roles: list[str] = Field(min_length=1)


AnySignal = (
    EventSignal
    | AdoptionSignal
    | TableSignal
    | RatioSignal
    | ChangeSignal
    | DifferenceSignal
    | CombineSignal
    | CaseSignal
    | LimitSignal
    | CoverageSignal
)

FORMS: tuple[type[Signal], ...] = (
    EventSignal,
    AdoptionSignal,
    TableSignal,
    RatioSignal,
    ChangeSignal,
    DifferenceSignal,
    CombineSignal,
    CaseSignal,
    LimitSignal,
    CoverageSignal,
)


def form_of(kind: Any, table: Any) -> type[Signal] | None:
    """The class of a declaration, from its ``kind`` and whether it names a ``table``."""
    for form in FORMS:
        kinds = form.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
        if kind in kinds and (form is not EventSignal or table is None):
            return form
    return None
