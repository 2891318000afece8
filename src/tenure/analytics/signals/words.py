"""Signals told in words: what is counted, over which days, and when the value is missing."""

from __future__ import annotations

from tenure.analytics.signals.registry import Registry
from tenure.analytics.signals.spec import (
    AdoptionSignal,
    AnySignal,
    CaseSignal,
    ChangeSignal,
    CombineSignal,
    Condition,
    CoverageSignal,
    DifferenceSignal,
    EventSignal,
    LimitSignal,
    RatioSignal,
    TableSignal,
    Test,
    days,
)
from tenure.analytics.signals.sql import names

_OPS = {
    "=": "is",
    "!=": "is not",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "in": "is one of",
    "not_in": "is none of",
    "contains": "contains",
    "is_set": "is known",
    "is_not_set": "is not known",
}
_EVENTS = {
    "count": "The number of {}",
    "active_days": "The number of days with {}",
    "active_weeks": "The number of weeks with {}",
    "people": "The number of different people with {}",
    "person_days": "Days of use, counted once for each person, by {}",
    "sessions": "The number of sessions with {}",
    "minutes": "Ten minutes for each ten-minute slot in which a person did {}",
    "sum": "The sum of `{property}` over {}",
    "avg": "The average of `{property}` over {}",
    "recency_days": "Whole days since the last of {} (the whole window if there was none)",
}
_TABLES = {
    "rows": "The number of rows of {}",
    "people": "The number of different people in {}",
    "sum": "The sum of `{column}` over {}",
    "avg": "The average of `{column}` over {}",
    "min": "The smallest `{column}` in {}",
    "max": "The largest `{column}` in {}",
    "share": "The share of rows of {} that match ({matching})",
    "recency_days": "Whole days since the last row of {} (the whole window if there was none)",
    "value": "`{column}` of the first row of {}, ordered by {order}",
    "days_since": "Days since `{column}` of the first row of {}, ordered by {order}",
    "days_until": "Days until `{column}` of the first row of {}, ordered by {order}",
}
_UNTRACKED = "Missing when nobody in the workspace has one; 0 for an account without one."
_NOTHING = "Missing when the account has none."


def describe(name: str, signal: AnySignal, registry: Registry) -> str:
    """One paragraph about how a signal is computed."""
    if isinstance(signal, EventSignal):
        return _event(signal, registry)
    if isinstance(signal, TableSignal):
        return _table(signal)
    if isinstance(signal, AdoptionSignal):
        return _adoption(signal)
    return _other(name, signal)


def tell(test: Test) -> str:
    """A test on a signal in words.

    >>> tell(Test(signal="logins_7d", op=">=", value=2))
    'logins_7d >= 2'
    """
    right = f"{test.times:g} x {test.of}" if test.of else _shown(test.value)
    missing = " (or is missing)" if test.or_missing else ""
    return f"{test.signal} {_OPS[test.op]} {right}".rstrip() + missing


def explain_risk(registry: Registry, name: str) -> str:
    """A risk signal in words: level, lead time, and when it fires."""
    risk = registry.risk_signals[name]
    tests = [tell(t) for t in risk.when]
    if risk.when_any:
        tests.append("(" + " or ".join(tell(t) for t in risk.when_any) + ")")
    lines = [f"{name}: {risk.title}", *([risk.description] if risk.description else [])]
    lines.append(f"Level {risk.level}; usually {risk.lead_time} before churn.")
    lines.append(f"Fires when {' and '.join(tests)}.")
    return "\n".join(lines)


def _event(signal: EventSignal, registry: Registry) -> str:
    what = " or ".join(_role(n, registry) for n in names(signal.events))
    what = _EVENTS[signal.kind].format(what, property=signal.property)
    role = f", by someone who is {' or '.join(names(signal.by_role))}" if signal.by_role else ""
    where = _where(signal.where)
    text = f"{what}{role}{where}, {_days(signal.window, signal.offset)}."
    return f"{text} {_NOTHING if signal.kind == 'avg' else _UNTRACKED}"


def _role(name: str, registry: Registry) -> str:
    if not name.startswith("@"):
        return f'"{name}"'
    if name == "@any":
        return "any action in the product"
    role = registry.roles[name.removeprefix("@")]
    events = ", ".join(role.events)
    features = f"the {role.features} features of the catalogue, else " if role.features else ""
    return f"{name} ({features}{events})"


def _table(signal: TableSignal) -> str:
    order = ", ".join(signal.order) or "newest first"
    matching = " and ".join(_condition(m) for m in signal.matching)
    text = _TABLES[signal.kind].format(
        signal.table, column=signal.column, order=order, matching=matching
    )
    of = [Condition(field=f, op="in", value=list(names(v))) for f, v in signal.of.items()]
    text += _where([*of, *signal.where])
    if signal.window:
        text += f", {_days(signal.window, signal.offset)}"
    if days(signal.as_of):
        text += f", as it was {days(signal.as_of)} days before"
    counted = signal.kind in ("rows", "people", "recency_days")
    unknown = " Missing too where one of the rows has no value." if signal.whole else ""
    return f"{text}. {_UNTRACKED if counted else _NOTHING}{unknown}"


def _adoption(signal: AdoptionSignal) -> str:
    which = {"all": "the", "core": "the core", "high_value": "the high-value"}[signal.features]
    when = _days(signal.window, signal.offset)
    if signal.kind == "adoption":
        return f"The share of {which} features of the catalogue that were used, {when}. " + (
            "Missing without a catalogue, or when nobody used any."
        )
    return (
        f"How many of {which} features were used in the {days(signal.before or '0d')} days before,"
        f" but not {when}. Missing without a catalogue."
    )


def _other(name: str, signal: AnySignal) -> str:
    if isinstance(signal, RatioSignal):
        text = " / ".join(filter(None, [signal.numerator, signal.denominator]))
        text += f" / {signal.divide:g}" if signal.divide != 1 else ""
        empty = "missing" if signal.empty is None else f"{signal.empty:g}"
        return f"{text}." + (
            f" {empty} when {signal.denominator} is 0." if signal.denominator else ""
        )
    if isinstance(signal, ChangeSignal):
        before = signal.before or f"{signal.signal} one window earlier"
        return (
            f"({signal.signal} - before) / before, where before is {before}."
            f" Missing when before is 0 or below {signal.least:g}."
        )
    if isinstance(signal, DifferenceSignal):
        return f"{signal.signal} - {signal.minus}."
    if isinstance(signal, CombineSignal):
        how = {
            "total": "The sum of what is known of",
            "first_of": "The first known of",
            "greatest": "The largest of",
        }[signal.kind]
        return f"{how} {', '.join(signal.signals)}."
    if isinstance(signal, CaseSignal):
        cases = [f"{c.value} if {' and '.join(tell(t) for t in c.when)}" for c in signal.cases]
        return "; ".join([*cases, f"else {signal.otherwise}"]) + "."
    if isinstance(signal, LimitSignal):
        return (
            f"Usage counted by the plan, {_days(signal.window, '0d')}, of the plan's limit."
            " Missing without a plan that has a limit."
        )
    assert isinstance(signal, CoverageSignal), name
    return f"The share of these roles held by someone who is there: {', '.join(signal.roles)}."


def _where(conditions: list[Condition]) -> str:
    return f" where {' and '.join(_condition(c) for c in conditions)}" if conditions else ""


def _condition(c: Condition) -> str:
    return f"{c.field} {_OPS[c.op]} {_shown(c.value)}".rstrip()


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _days(window: str, offset: str) -> str:
    text = f"in the last {days(window)} days"
    return f"in the {days(window)} days before the last {days(offset)}" if days(offset) else text
