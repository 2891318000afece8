"""Rules and tests as sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenure.analytics.segments import Rule
from tenure.health.pages.sketch import shown

OPERATORS = {
    "=": "is",
    "!=": "is not",
    ">": "is more than",
    ">=": "is at least",
    "<": "is less than",
    "<=": "is at most",
    "in": "is one of",
    "not_in": "is none of",
    "between": "is between",
    "contains": "contains",
    "starts_with": "starts with",
    "exists": "is known",
    "missing": "is not known",
    "is_set": "is known",
    "is_not_set": "is not known",
}
Naming = Callable[[str], tuple[str, str]]
"""From a field's name to its title and its unit."""


def plain(name: str) -> tuple[str, str]:
    """A title made of the name itself."""
    return name.replace("_", " "), ""


def of_rule(rule: Rule, naming: Naming = plain) -> str:
    """A rule as one sentence without its full stop.

    >>> of_rule(Rule(field="health", op="<", value=40))
    'health is less than 40'
    """
    if rule.all is not None:
        return _joined(rule.all, " and ", naming)
    if rule.any is not None:
        return _joined(rule.any, " or ", naming)
    if rule.negated is not None:
        return f"not ({of_rule(rule.negated, naming)})"
    title, unit = naming(str(rule.field))
    return _test(title, unit, str(rule.op), rule.value)


def _joined(rules: tuple[Rule, ...], word: str, naming: Naming) -> str:
    parts = [
        f"({of_rule(r, naming)})" if r.all is not None or r.any is not None else of_rule(r, naming)
        for r in rules
    ]
    return word.join(parts)


def _test(title: str, unit: str, op: str, value: Any) -> str:
    words = f"{title} {OPERATORS.get(op, op)}"
    if value is None:
        return words
    if isinstance(value, bool):
        return f"{words} {'yes' if value else 'no'}"
    if isinstance(value, list | tuple):
        joint = " and " if op == "between" else ", "
        return f"{words} {joint.join(shown(v, unit) for v in value)}"
    return f"{words} {shown(value, unit)}"


def of_test(test: Any, naming: Naming = plain) -> str:
    """A test of a risk signal: against a value, or against another signal."""
    title, unit = naming(test.signal)
    if test.of:
        other, _ = naming(test.of)
        times = "" if test.times == 1 else f"{shown(test.times)} times "
        return f"{title} {OPERATORS[test.op]} {times}{other}"
    words = _test(title, unit, test.op, test.value)
    return f"{words} (or is not known)" if test.or_missing else words
