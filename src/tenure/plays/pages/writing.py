"""A play's data as the TOML it is kept in: keys in the order of the language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit


def to_toml(raw: Mapping[str, Any]) -> str:
    """The play as it is kept: keys in the order of the language, nothing empty."""
    document = tomlkit.document()
    plain = {k: v for k, v in raw.items() if _given(v)}
    goal = plain.get("goal", {})
    if not any(goal.get(k) for k in ("title", "event", "rule")):
        plain.pop("goal", None)
    for key in (
        "title",
        "about",
        "needs",
        "source",
        "purpose",
        "unit",
        "whom",
        "to",
        "promise",
        "holdout",
        "exit",
    ):
        if key in plain:
            document.add(key, item(plain[key]))
    for key in ("trigger", "audience", "entry", "goal"):
        if key in plain:
            document.add(tomlkit.nl())
            document.add(key, _table(plain[key]))
    for key in ("caps", "steps"):
        if key in plain:
            document.add(key, _tables(plain[key]))
    return tomlkit.dumps(document)


def _given(value: Any) -> bool:
    return value is not None and value != "" and value != [] and value != {}


def _table(raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return item(raw)
    table = tomlkit.table()
    for key, value in raw.items():
        if _given(value):
            table.add(key, item(value))
    return table


def _tables(rows: Sequence[Any]) -> Any:
    if not all(isinstance(row, Mapping) for row in rows):
        return item(list(rows))
    array = tomlkit.aot()
    for row in rows:
        array.append(_table(row))
    return array


def item(value: Any) -> Any:
    """A value as an item of a TOML document."""
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        table.update({k: item(v) for k, v in value.items() if _given(v)})
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        for part in value:
            array.append(item(part))
        return array
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string("\n" + value, multiline=True)
    return tomlkit.item(value)
