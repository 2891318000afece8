"""Segments: which accounts belong together, by a rule over their fields.

A rule is a test, or ``all``, ``any`` or ``not`` of rules:

    { field = "yearly_value", op = ">=", value = 1000 }
    { all = [ {...}, { not = {...} } ] }

Fields are the account's attributes, its signals, its lifecycle ``stage`` and what the score says
(``health``, ``band``, ``risk``, ``risk_level``, ``coverage``); and the ``chance`` to leave of a
learned model that was made the champion. A test on a value that is missing is
false, whatever the operator (ask for ``missing`` or ``exists`` to test that); ``not`` turns the
whole around.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.analytics.money import exponent

Bools = npt.NDArray[np.bool_]
SCORE_FIELDS = ("health", "band", "risk", "risk_level", "coverage")
"""Fields that exist only after scoring."""

CHANCE = "chance"
"""Field of what a learned model says: only where a person made one the champion, and only now."""

CONTRACT = "contract_arr_minor"
"""The signal behind ``yearly_value``: paused or on trial, a customer stays in its tier."""

Op = Literal[
    "=",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "in",
    "not_in",
    "between",
    "contains",
    "starts_with",
    "exists",
    "missing",
]
_ORDER = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


class Rule(BaseModel):
    """One rule; exactly one of ``field``, ``all``, ``any`` and ``not`` is given."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    field: str | None = None
    op: Op | None = None
    value: Annotated[Any, Field(default=None)] = None
    all: tuple[Rule, ...] | None = None
    any: tuple[Rule, ...] | None = None
    negated: Rule | None = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _sound(self) -> Rule:
        if sum(part is not None for part in (self.field, self.all, self.any, self.negated)) != 1:
            raise ValueError("give exactly one of field, all, any and not")
        if self.field is None:
            return self
        if self.op is None:
            raise ValueError("a test needs an op")
        if fault := _value_fault(self.op, self.value):
            raise ValueError(fault)
        return self

    def fields(self) -> Iterator[str]:
        """Names of all fields the rule looks at."""
        if self.field is not None:
            yield self.field
        for rule in (
            *(self.all or ()),
            *(self.any or ()),
            *((self.negated,) if self.negated else ()),
        ):
            yield from rule.fields()


class SegmentSpec(BaseModel):
    """A packaged segment; ``tier`` marks the tiers by value, of which an account has one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    description: str = ""
    tier: bool = False
    rule: Rule


def parse_segments(source: str, text: str) -> dict[str, SegmentSpec]:
    """Named segments in the TOML ``text``; SpecError if one is not sound."""
    named = toml.read(source, text)
    found = {}
    for name, data in named.items():
        try:
            found[name] = toml.parse(SegmentSpec, source, data)
        except SpecError as error:
            raise SpecError(source, f"{name}.{error.key}", error.problem, error.remedy) from None
    return found


def parse_rule(source: str, text: str, known: Collection[str] | None = None) -> Rule:
    """One rule written as TOML keys (``field = ...`` or ``all = [...]``).

    ``known`` are the fields that exist (unchecked when None).
    """
    rule = toml.parse(Rule, source, toml.read(source, text))
    check_fields(source, rule, known)
    return rule


def check_fields(source: str, rule: Rule, known: Collection[str] | None) -> None:
    """SpecError if the rule looks at a field that does not exist."""
    for name in rule.fields():
        if known is not None and name not in known:
            raise SpecError(
                source,
                "field",
                f"there is no field '{name}'",
                "use a signal, an attribute, stage, or a field of the score",
            )


@lru_cache
def default_segments() -> dict[str, SegmentSpec]:
    """The packaged segments."""
    return parse_segments("segments", (files("tenure.analytics") / "segments.toml").read_text())


def evaluate(rule: Rule, table: pa.Table) -> Bools:
    """Which rows of ``table`` (signals, with score columns where there are) the rule takes.

    A field without a column is missing for all.
    """
    if rule.all is not None:
        return _every([evaluate(r, table) for r in rule.all], table.num_rows)
    if rule.any is not None:
        return ~_every([~evaluate(r, table) for r in rule.any], table.num_rows)
    if rule.negated is not None:
        return ~evaluate(rule.negated, table)
    name = rule.field or ""
    if name in table.column_names and pa.types.is_string(table[name].type):
        return _by_word(rule, table[name])
    return _test(rule, values(table, name))


def memberships(specs: dict[str, Rule], table: pa.Table) -> dict[str, Bools]:
    """Membership in every segment, row by row."""
    return {name: evaluate(rule, table) for name, rule in specs.items()}


def values(table: pa.Table, name: str) -> npt.NDArray[Any]:
    """A field's values: floats (NaN missing) or objects (None missing)."""
    if name == "yearly_value":
        return yearly_value(table)
    if name not in table.column_names:
        return np.full(table.num_rows, None, dtype=object)
    column = table[name].combine_chunks()
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def yearly_value(table: pa.Table) -> npt.NDArray[np.float64]:
    """Yearly value of the contract in whole units of the account's currency; NaN where unknown. A
    table without ``contract_arr_minor`` is asked for ``arr_minor``."""
    column = CONTRACT if CONTRACT in table.column_names else "arr_minor"
    minor = np.asarray(values(table, column), dtype=float)
    known, places = np.unique([str(c) for c in values(table, "currency")], return_inverse=True)
    units = np.array([10 ** exponent(c) for c in known], dtype=float)
    return np.asarray(minor / units[places]) if len(minor) else minor


def _every(parts: list[Bools], number: int) -> Bools:
    return np.logical_and.reduce(parts) if parts else np.ones(number, dtype=bool)


def _test(rule: Rule, found: npt.NDArray[Any]) -> Bools:
    numeric = found.dtype != object
    there = ~np.isnan(found) if numeric else np.array([v is not None for v in found], dtype=bool)
    if rule.op == "exists":
        return there
    if rule.op == "missing":
        return ~there
    if rule.op in _ORDER:
        return _compare(rule.op, found, rule.value, there)
    if rule.op == "between":
        low = _compare(">=", found, rule.value[0], there)
        return np.asarray(low & _compare("<=", found, rule.value[1], there))
    return np.asarray(there & _text_test(rule, found))


def _compare(op: str, found: npt.NDArray[Any], limit: float, there: Bools) -> Bools:
    if found.dtype != object:
        return np.asarray(there & _ORDER[op](found, limit))
    result = np.zeros(len(found), dtype=bool)
    comparable = there & np.array([not isinstance(v, str) for v in found], dtype=bool)
    result[comparable] = _ORDER[op](found[comparable].astype(float), limit)
    return result


def _text_test(rule: Rule, found: npt.NDArray[Any]) -> Bools:
    value = rule.value
    if rule.op == "=":
        return np.asarray(found == value, dtype=bool)
    if rule.op == "!=":
        return np.asarray(found != value, dtype=bool)
    if rule.op in ("in", "not_in"):
        inside = np.array([v in value for v in found], dtype=bool)
        return inside if rule.op == "in" else ~inside
    needle = str(value).lower()
    texts = [str(v).lower() for v in found]
    if rule.op == "contains":
        return np.array([needle in t for t in texts], dtype=bool)
    return np.array([t.startswith(needle) for t in texts], dtype=bool)


def _by_word(rule: Rule, column: pa.ChunkedArray) -> Bools:
    """The test of a column of texts, decided once for each different text in it."""
    coded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    words = np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), dtype=object)
    return np.asarray(_test(rule, words)[coded.indices.to_numpy()])


def _value_fault(op: Op, value: object) -> str:
    if op in ("exists", "missing"):
        return "" if value is None else f"'{op}' takes no value"
    if value is None:
        return f"'{op}' needs a value"
    if op in ("in", "not_in"):
        return "" if isinstance(value, list) else f"'{op}' needs a list"
    if op == "between":
        two = isinstance(value, list) and len(value) == 2 and all(_is_number(v) for v in value)
        return "" if two and value[0] <= value[1] else "'between' needs [low, high]"  # type: ignore[index]
    if op in _ORDER and not _is_number(value):
        return f"'{op}' needs a number"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
