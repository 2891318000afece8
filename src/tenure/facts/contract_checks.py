"""Which facts break their contract, found by column in one query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tenure.analytics.tables import Table
from tenure.facts import sql
from tenure.facts.casts import literal, quote
from tenure.facts.contracts import Contract, Contracts, FieldRule
from tenure.facts.rejection import explain, shown


@dataclass(frozen=True)
class Violation:
    """One breach: its code, the field, why in plain words, and whether the fact lands anyhow."""

    code: str
    field: str
    reason: str
    warn: bool


def violations(contracts: Contracts, table: Table, facts: pa.Table) -> list[tuple[int, Violation]]:
    """The first breach of each row, as (position in ``facts``, what is wrong), in row order."""
    tests = _tests(contracts, table)
    if not tests:
        return []
    cases = " ".join(f"WHEN {condition} THEN {i}" for i, (condition, *_) in enumerate(tests))
    con = sql.connection()
    con.register("facts", facts)
    own = table.name == "events" and "source <> 'tenure'"
    query = (
        f"SELECT _place, _test FROM (SELECT row_number() OVER () - 1 AS _place,"
        f" CASE {f'WHEN NOT coalesce({own}, true) THEN NULL ' if own else ''}{cases} END AS _test"
        f" FROM facts) WHERE _test IS NOT NULL ORDER BY _place"
    )
    found = con.sql(query).fetchall()
    out = []
    for place, number in found:
        _, code, field, value_of, words, warn = tests[number]
        row = facts.slice(place, 1).to_pylist()[0]
        reason = explain(code, field=field, value=shown(value_of(row)), **_named(words, row))
        out.append((int(place), Violation(code, field, reason, warn)))
    return out


def _named(words: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    return {**words, "name": words.get("name") or row.get("event")}


def _tests(contracts: Contracts, table: Table) -> list[tuple[Any, ...]]:
    tests = []
    own = contracts.tables.get(table.name)
    if own:
        tests += _contract_tests("true", table, own, table.name, contracts.warns(own))
    if table.name != "events":
        return tests
    for name, contract in contracts.events.items():
        scope = f"event = {literal(name)}"
        tests += _contract_tests(scope, table, contract, name, contracts.warns(contract))
    if contracts.undeclared_events != "accept":
        names = ", ".join(literal(n) for n in contracts.events) or "''"
        scope = f"event NOT IN ({names}) AND coalesce(kind, 'track') = 'track'"
        warn = contracts.undeclared_events == "warn"
        tests.append((scope, "contract_unknown", "event", lambda row: row["event"], {}, warn))
    return tests


def _contract_tests(
    scope: str, table: Table, contract: Contract, name: str, warn: bool
) -> list[tuple[Any, ...]]:
    out = []
    for field, rule in contract.fields.items():
        value = _Value(table, field)
        for condition, code, words in _rule_tests(value, rule):
            words = {**words, "name": name}
            out.append((f"{scope} AND ({condition})", code, field, value.of, words, warn))
    return out


class _Value:
    """Where a field's value stands: a column of the table, or a property in its JSON."""

    def __init__(self, table: Table, field: str) -> None:
        names = {c.name: c.kind for c in table.columns}
        self.table, self.name = table, field.removeprefix(f"{table.extra}.")
        self.is_column = field in names and field != table.extra
        path = literal('$."' + self.name.replace('"', '\\"') + '"')
        extra = quote(table.extra)
        self.json = f"json_type({extra}, {path})"
        self.text = (
            f"CAST({quote(field)} AS VARCHAR)"
            if self.is_column
            else f"json_extract_string({extra}, {path})"
        )
        self.kind = names.get(field, "json")

    def of(self, row: Mapping[str, Any]) -> object:
        """The value in a row, for the reason."""
        if self.is_column:
            return row.get(self.name)
        try:
            return json.loads(row.get(self.table.extra) or "{}").get(self.name)
        except ValueError:
            return None


_JSON_TYPES = {
    "text": ("VARCHAR",),
    "number": ("BIGINT", "UBIGINT", "DOUBLE", "HUGEINT"),
    "integer": ("BIGINT", "UBIGINT", "HUGEINT"),
    "bool": ("BOOLEAN",),
    "list": ("ARRAY",),
    "object": ("OBJECT",),
}


def _rule_tests(value: _Value, rule: FieldRule) -> list[tuple[str, str, dict[str, Any]]]:
    tests: list[tuple[str, str, dict[str, Any]]] = []
    if rule.required:
        tests.append((f"{value.text} IS NULL", "contract_missing", {}))
    if rule.type:
        tests.append((_wrong_type(value, rule.type), "contract_type", {"kind": _a(rule.type)}))
    if rule.allowed:
        names = ", ".join(literal(str(v)) for v in rule.allowed)
        words = {"limit": ", ".join(str(v) for v in rule.allowed)}
        tests.append((f"{value.text} NOT IN ({names})", "contract_allowed", words))
    number = f"TRY_CAST({value.text} AS DOUBLE)"
    if rule.min is not None:
        tests.append((f"{number} < {rule.min}", "contract_min", {"limit": f"{rule.min:g}"}))
    if rule.max is not None:
        tests.append((f"{number} > {rule.max}", "contract_max", {"limit": f"{rule.max:g}"}))
    return tests


def _wrong_type(value: _Value, kind: str) -> str:
    there = f"{value.text} IS NOT NULL"
    if kind == "timestamp":
        return f"{there} AND TRY_CAST({value.text} AS TIMESTAMPTZ) IS NULL"
    if value.is_column:
        casts = {"number": "DOUBLE", "integer": "BIGINT", "bool": "BOOLEAN"}
        return f"{there} AND TRY_CAST({value.text} AS {casts.get(kind, 'VARCHAR')}) IS NULL"
    kinds = ", ".join(literal(k) for k in _JSON_TYPES[kind])
    return f"{there} AND {value.json} NOT IN ({kinds})"


def _a(kind: str) -> str:
    return {"integer": "a whole number", "object": "an object"}.get(kind, f"a {kind}")
