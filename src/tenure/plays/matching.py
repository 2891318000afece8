"""Which accounts meet a rule now, by the last scoring."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from tenure.analytics.segments import Bools, Rule, evaluate
from tenure.plays import snapshot


def of(table: pa.Table, rule: Rule | None) -> set[str]:
    """Ids of the rows of ``table`` that ``rule`` takes; all of them without one."""
    return both(table, rule, None)


def now(rule: Rule | None, accounts: Collection[str] | None = None) -> set[str]:
    """The same for the last scoring, of all accounts or of ``accounts``."""
    fields = set(rule.fields()) if rule else set()
    return of(snapshot.read(fields, accounts), rule)


def both(table: pa.Table, first: Rule | None, second: Rule | None) -> set[str]:
    """Ids of the rows that both rules take."""
    return set(table["account_id"].filter(pa.array(rows(table, first, second))).to_pylist())


def rows(table: pa.Table, *rules: Rule | None) -> Bools:
    """Which rows of ``table`` every one of some rules takes."""
    taken = np.ones(table.num_rows, dtype=bool)
    for rule in rules:
        if rule is not None:
            taken &= evaluate(rule, table)
    return taken
