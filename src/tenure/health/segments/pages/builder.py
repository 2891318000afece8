"""Between the rows of the form and a rule's TOML. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tomlkit

from tenure.analytics.errors import SpecError
from tenure.analytics.segments import Rule

BARE = ("exists", "missing")
LISTS = ("in", "not_in")


@dataclass(frozen=True)
class Row:
    """One line of the form: a test as it was typed."""

    field: str = ""
    op: str = ">="
    value: str = ""


def to_toml(rows: Sequence[Row], together: str) -> str:
    """The rule that asks for all (or any) of the rows; SpecError when there is none.

    >>> print(to_toml([Row("health", "<", "40")], "all"))
    all = [{field = "health", op = "<", value = 40}]
    """
    tests = [_test(row) for row in rows if row.field]
    if not tests:
        raise SpecError("segment", "rule", "asks for nothing", "choose at least one field")
    document = tomlkit.document()
    array = tomlkit.array()
    for test in tests:
        table = tomlkit.inline_table()
        table.update(test)
        array.append(table)
    document[together if together in ("all", "any") else "all"] = array.multiline(len(tests) > 1)
    return tomlkit.dumps(document).strip()


def _test(row: Row) -> dict[str, object]:
    test: dict[str, object] = {"field": row.field, "op": row.op}
    if row.op in BARE:
        return test
    if row.op in LISTS:
        return test | {"value": [_value(v) for v in row.value.split(",") if v.strip()]}
    if row.op == "between":
        ends = row.value.replace(" and ", ",").split(",")
        return test | {"value": [_value(v) for v in ends if v.strip()]}
    if row.op in ("contains", "starts_with"):
        return test | {"value": row.value.strip()}
    return test | {"value": _value(row.value)} if row.value.strip() else test


def _value(text: str) -> float | int | bool | str:
    """A number where it is one, else the text.

    >>> _value("40"), _value("0.5"), _value("critical"), _value("yes")
    (40, 0.5, 'critical', 'yes')
    """
    text = text.strip()
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        if number == number and abs(number) != float("inf"):
            return number
    return {"true": True, "false": False}.get(text.lower(), text)


def from_rule(rule: Rule) -> tuple[str, list[Row]] | None:
    """The rows of a rule that the form can show: all or any of plain tests. Else None."""
    if rule.field is not None:
        return "all", [_row(rule)]
    for together, parts in (("all", rule.all), ("any", rule.any)):
        if parts is not None and all(p.field is not None for p in parts):
            return together, [_row(p) for p in parts]
    return None


def _row(rule: Rule) -> Row:
    value = rule.value
    if isinstance(value, list | tuple):
        text = (" and " if rule.op == "between" else ", ").join(str(v) for v in value)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = "" if value is None else str(value)
    return Row(str(rule.field), str(rule.op), text)
