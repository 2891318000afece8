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
from tenure.analytics.signals.sql import all_of, literal, quoted, test


def derived_expression(name: str, signal: AnySignal) -> str:
    """The expression of a signal made of others."""
    if isinstance(signal, RatioSignal):
        return _ratio(signal)
    if isinstance(signal, ChangeSignal):
        return _change(signal)
    if isinstance(signal, DifferenceSignal):
        return f"{quoted(signal.signal)} - {quoted(signal.minus)}"
    if isinstance(signal, CombineSignal):
        return _combined(signal)
    assert isinstance(signal, CaseSignal), name
    return _case(signal)


def before_name(name: str) -> str:
    """The hidden signal that is ``name`` one window earlier."""
    return f"{name}__before"


def _ratio(signal: RatioSignal) -> str:
    top = quoted(signal.numerator)
    value = f"{top} / {signal.divide!r}"
    if signal.denominator is not None:
        bottom = quoted(signal.denominator)
        value = f"{top} / NULLIF({bottom}, 0) / {signal.divide!r}"
        if signal.empty is not None:
            value = (
                f"CASE WHEN {bottom} = 0 AND {top} IS NOT NULL"
                f" THEN {float(signal.empty)!r} ELSE {value} END"
            )
    if signal.at_most is not None:
        value = f"CASE WHEN {value} > {signal.at_most!r} THEN {signal.at_most!r} ELSE {value} END"
    return value


def _change(signal: ChangeSignal) -> str:
    now, before = quoted(signal.signal), quoted(signal.before or before_name(signal.signal))
    worth = f"{before} > 0 AND {before} >= {signal.least!r}"
    return f"CASE WHEN {worth} THEN ({now} - {before}) / {before} END"


def _combined(signal: CombineSignal) -> str:
    names = [quoted(s) for s in signal.signals]
    if len(names) == 1:
        return names[0]
    if signal.kind == "first_of":
        return f"COALESCE({', '.join(names)})"
    if signal.kind == "total":
        known = f"COALESCE({', '.join(names)}) IS NOT NULL"
        return f"CASE WHEN {known} THEN {' + '.join(f'COALESCE({n}, 0)' for n in names)} END"
    return f"GREATEST({', '.join(names)})"


def _case(signal: CaseSignal) -> str:
    needs = signal.needs or [t.signal for case in signal.cases for t in case.when]
    missing = all_of([f"{quoted(n)} IS NULL" for n in dict.fromkeys(needs)])
    cases = [
        f"WHEN {all_of([test(t, quoted) for t in case.when])} THEN {_value(signal, case.value)}"
        for case in signal.cases
    ]
    otherwise = "" if signal.otherwise is None else f" ELSE {_value(signal, signal.otherwise)}"
    return f"CASE WHEN {missing} THEN NULL {' '.join(cases)}{otherwise} END"


def _value(signal: CaseSignal, value: str | float) -> str:
    return literal(str(value)) if signal.text else repr(float(value))
