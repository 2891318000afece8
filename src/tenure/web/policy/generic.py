"""Any TOML document as an outline: keys in words, values, tables below. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import Any

from tenure.kit.pages import formats


@dataclass(frozen=True)
class Node:
    """One table: its plain values, and the tables inside."""

    title: str
    values: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Node] = field(default_factory=list)


def outline(body: str) -> Node:
    """The outline of a TOML text that is known to be sound."""
    return _node("", tomllib.loads(body))


def words(key: str) -> str:
    """A key as words.

    >>> words("max_per_day")
    'Max per day'
    """
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _node(title: str, table: dict[str, Any]) -> Node:
    node = Node(title)
    for key, value in table.items():
        if isinstance(value, dict):
            node.tables.append(_node(words(key), value))
        elif isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            node.tables.extend(_node(_label(key, v, i), v) for i, v in enumerate(value, 1))
        else:
            node.values.append((words(key), _value(value)))
    return node


def _label(key: str, table: dict[str, Any], number: int) -> str:
    named = table.get("title") or table.get("name") or table.get("key")
    return str(named) if named else f"{words(key)} {number}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return formats.number(value, 4)
    if isinstance(value, list):
        return ", ".join(_value(v) for v in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{words(k).lower()} {_value(v)}" for k, v in value.items())
    return str(value) or "empty"
