"""What signals made of other signals mean; parts are columns of the query below."""

from __future__ import annotations

from tenure.analytics.signals.spec import (
    AnySignal,
    CaseSignal,
    ChangeSignal,
    CombineSignal,
    DifferenceSignal,
    RatioSignal,
)
from tenure.analytics.signals.sql import all_of, literal, test


def derived_expression(name: str, signal: AnySignal) -> str:
    """The expression of a signal made of others."""
    if isinstance(signal, RatioSignal):
        return _ratio(signal)
    if isinstance(signal, ChangeSignal):
        return _change(signal, signal.before or before_name(signal.signal))
    if isinstance(signal, DifferenceSignal):
        return f"{signal.signal} - {signal.minus}"
    if isinstance(signal, CombineSignal):
        return _combined(signal)
    assert isinstance(signal, CaseSignal), name
    return _case(signal)


def before_name(name: str) -> str:
    """The hidden signal that is ``name`` one window earlier."""
    return f"{name}__before"


def _ratio(signal: RatioSignal) -> str:
    value = f"{signal.numerator} / {signal.divide!r}"
    if signal.denominator is not None:
        value = f"{signal.numerator} / NULLIF({signal.denominator}, 0) / {signal.divide!r}"
        if signal.empty is not None:
            value = (
                f"CASE WHEN {signal.denominator} = 0 AND {signal.numerator} IS NOT NULL"
                f" THEN {float(signal.empty)!r} ELSE {value} END"
            )
    if signal.at_most is not None:
        value = f"CASE WHEN {value} > {signal.at_most!r} THEN {signal.at_most!r} ELSE {value} END"
    return value


def _change(signal: ChangeSignal, before: str) -> str:
    worth = f"{before} > 0 AND {before} >= {signal.least!r}"
    return f"CASE WHEN {worth} THEN ({signal.signal} - {before}) / {before} END"


def _combined(signal: CombineSignal) -> str:
    if len(signal.signals) == 1:
        return signal.signals[0]
    if signal.kind == "first_of":
        return f"COALESCE({', '.join(signal.signals)})"
    known = f"COALESCE({', '.join(signal.signals)}) IS NOT NULL"
    if signal.kind == "total":
        total = " + ".join(f"COALESCE({s}, 0)" for s in signal.signals)
        return f"CASE WHEN {known} THEN {total} END"
    return f"GREATEST({', '.join(signal.signals)})"


def _case(signal: CaseSignal) -> str:
    needs = signal.needs or [t.signal for case in signal.cases for t in case.when]
    missing = all_of([f"{n} IS NULL" for n in dict.fromkeys(needs)])
    cases = [
        f"WHEN {all_of([test(t, str) for t in case.when])} THEN {_value(signal, case.value)}"
        for case in signal.cases
    ]
    otherwise = "" if signal.otherwise is None else f" ELSE {_value(signal, signal.otherwise)}"
    return f"CASE WHEN {missing} THEN NULL {' '.join(cases)}{otherwise} END"


def _value(signal: CaseSignal, value: str | float) -> str:
    return literal(str(value)) if signal.text else repr(float(value))
