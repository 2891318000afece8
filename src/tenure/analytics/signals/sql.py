"""Small pieces of SQL: literals, conditions on facts, tests on signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tenure.analytics.signals.spec import Condition, Scalar, Test

_COMPARE = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def literal(value: Scalar) -> str:
    """A literal; text is quoted.

    >>> literal("it's"), literal(True), literal(2.5)
    ("'it''s'", 'TRUE', '2.5')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def literals(values: Sequence[Scalar]) -> str:
    """A list of literals in brackets."""
    return "(" + ", ".join(literal(v) for v in values) + ")"


def quoted(name: str) -> str:
    """A name that may be a word of SQL."""
    return f'"{name}"'


def names(value: str | list[str]) -> list[str]:
    """One name or several, as a list."""
    return [value] if isinstance(value, str) else list(value)


def json_text(column: str, name: str) -> str:
    """The text of a property."""
    path = literal(f'$."{name}"')
    return f"JSON_EXTRACT_STRING({column}, {path})"


def condition(c: Condition, columns: Sequence[str], prefix: str = "") -> str:
    """A condition on a fact, TRUE or FALSE and never NULL.

    A field that is no column is a property; compared with a number it is read as a number.
    """
    number = _first(c.value)
    if c.field in columns:
        left = f'{prefix}"{c.field}"'
    else:
        left = json_text(f"{prefix}properties", c.field.removeprefix("properties."))
        if isinstance(number, bool):
            left = f"{left} = 'true'"
        elif isinstance(number, int | float):
            left = f"TRY_CAST({left} AS DOUBLE)"
    return f"COALESCE({_comparison(left, c)}, {'TRUE' if c.op == 'not_in' else 'FALSE'})"


def all_of(conditions: Sequence[str]) -> str:
    """All of them; TRUE when there are none."""
    return " AND ".join(conditions) if conditions else "TRUE"


def test(t: Test, value_of: Callable[[str], str]) -> str:
    """A test on signals, TRUE or FALSE and never NULL."""
    left = value_of(t.signal)
    if t.op in ("is_set", "is_not_set"):
        return f"{left} IS {'NOT ' if t.op == 'is_set' else ''}NULL"
    if isinstance(t.value, list):
        body = f"{left} IN {literals(t.value)}"
    else:
        right = literal(t.value) if t.value is not None else f"{value_of(t.of or '')} * {t.times!r}"
        body = f"{left} {_COMPARE[t.op]} {right}"
    return f"COALESCE({body}, {literal(t.or_missing)})"


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) else value


def _comparison(left: str, c: Condition) -> str:
    if c.op in ("is_set", "is_not_set"):
        return f"{left} IS {'NOT ' if c.op == 'is_set' else ''}NULL"
    if isinstance(c.value, list):
        return f"{left} {'NOT IN' if c.op == 'not_in' else 'IN'} {literals(c.value)}"
    assert c.value is not None
    if c.op == "contains":
        return f"POSITION(LOWER({literal(str(c.value))}) IN LOWER({left})) > 0"
    return f"{left} {_COMPARE[c.op]} {literal(c.value)}"
