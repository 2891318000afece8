"""Which accounts meet a rule now, by the last scoring."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from tenure.analytics.segments import Rule, evaluate
from tenure.plays import snapshot


def of(table: pa.Table, rule: Rule | None) -> set[str]:
    """Ids of the rows of ``table`` that ``rule`` takes; all of them without one."""
    ids = table["account_id"]
    if rule is None:
        return set(ids.to_pylist())
    return set(ids.filter(pa.array(evaluate(rule, table))).to_pylist())


def now(rule: Rule | None, accounts: Collection[str] | None = None) -> set[str]:
    """The same for the last scoring, of all accounts or of ``accounts``."""
    fields = set(rule.fields()) if rule else set()
    return of(snapshot.read(fields, accounts), rule)


def both(table: pa.Table, first: Rule, second: Rule | None) -> set[str]:
    """Ids that both rules take."""
    found = of(table, first)
    return found & of(table, second) if second else found
