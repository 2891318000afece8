"""Rows the simulation writes down as it goes, one list a table."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


class Rows:
    """Collects rows of named columns; ``columns()`` gives them back as lists."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = defaultdict(list)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, **row: Any) -> None:
        """One row; every row of a table must name the same columns."""
        for name, value in row.items():
            self._columns[name].append(value)
        self._count += 1

    def columns(self) -> dict[str, list[Any]]:
        """Column name to values, in the order written."""
        return dict(self._columns)
