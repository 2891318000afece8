"""How the columns of a file become the fields of a table: ``field=column`` and its relatives.

================================  ===========================================================
``account_id=Customer``           the field is the column
``currency==USD``                 the field is this text in every row
``subscription_id={id}-{plan}``   the field is made of columns and text
``mrr=price``                     an amount in major units (``mrr_minor`` takes minor units)
================================  ===========================================================

Columns that no field takes become fields of their own name (``Account ID`` fits ``account_id``),
and if the table has no such field, properties.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES, Table
from tenure.facts import sql
from tenure.facts.casts import literal, quote

LINE = "_line"
_PLACE = re.compile(r"\{([^{}]+)\}")
_CONDITION = re.compile(r"^(.+?)(!=|>=|<=|=|>|<)(.*)$")
TermKind = Literal["column", "constant", "template"]


@dataclass(frozen=True)
class Term:
    """Where one field comes from."""

    kind: TermKind
    text: str

    def columns(self) -> list[str]:
        """The file's columns it reads."""
        if self.kind == "constant":
            return []
        return [self.text] if self.kind == "column" else _PLACE.findall(self.text)

    def sql(self, present: set[str]) -> str:
        """The value as an expression; a column missing from this chunk is empty."""
        if self.kind == "constant":
            return literal(self.text)
        if self.kind == "column":
            return quote(self.text) if self.text in present else "CAST(NULL AS VARCHAR)"
        parts, end = [], 0
        for match in _PLACE.finditer(self.text):
            parts.append(literal(self.text[end : match.start()]))
            name = match.group(1)
            parts.append(f"CAST({quote(name)} AS VARCHAR)" if name in present else "''")
            end = match.end()
        parts.append(literal(self.text[end:]))
        return f"concat({', '.join(parts)})"


def parse_terms(items: Iterable[str]) -> dict[str, Term]:
    """``--map`` arguments as terms.

    >>> parse_terms(["account_id=Customer", "currency==USD"])["currency"]
    Term(kind='constant', text='USD')
    """
    terms: dict[str, Term] = {}
    for item in items:
        field, equals, text = item.partition("=")
        field = field.strip()
        if not equals or not field or not text.strip("="):
            raise SpecError(
                "--map", item, "has no field, no = or no column",
                "write field=column, field==constant or field={column}-{column}",
            )  # fmt: skip
        if field in terms:
            raise SpecError("--map", field, "is given twice", "map each field once")
        terms[field] = _term(text)
    return terms


def _term(text: str) -> Term:
    if text.startswith("="):
        return Term("constant", text[1:])
    text = text.strip()
    return Term("template" if _PLACE.search(text) else "column", text)


def written(terms: Mapping[str, Term]) -> dict[str, str]:
    """Terms as they are kept: ``{"currency": "=USD"}``; ``parse_terms`` reads them back."""
    return {f: f"={t.text}" if t.kind == "constant" else t.text for f, t in terms.items()}


@dataclass(frozen=True)
class Plan:
    """A mapping that was checked against a file's columns."""

    terms: Mapping[str, Term]
    only: tuple[tuple[str, str, str], ...] = ()

    def apply(self, chunk: pa.Table) -> pa.Table:
        """The chunk with the table's fields, without the rows that ``only`` leaves out."""
        present = set(chunk.column_names)
        if self._renames_only():
            return self._renamed(chunk)
        used = {t.text for t in self.terms.values() if t.kind == "column"}
        rest = [c for c in chunk.column_names if c not in used]
        parts = [f"{t.sql(present)} AS {quote(f)}" for f, t in self.terms.items()]
        parts += [f"{quote(c)} AS {quote(self._free(c))}" for c in rest]
        where = " AND ".join(self._condition(*c, present) for c in self.only) or "true"
        con = sql.connection()
        con.register("chunk", chunk)
        query = f"SELECT {', '.join(parts)} FROM chunk WHERE {where} ORDER BY {LINE}"
        return self._marked(con.sql(query).to_arrow_table(), chunk.schema)

    def _renames_only(self) -> bool:
        texts = [t.text for t in self.terms.values()]
        return (
            not self.only
            and all(t.kind == "column" for t in self.terms.values())
            and len(set(texts)) == len(texts)
        )

    def _renamed(self, chunk: pa.Table) -> pa.Table:
        field_of = {t.text: f for f, t in self.terms.items()}
        names = [field_of.get(c) or self._free(c) for c in chunk.column_names]
        return chunk.rename_columns(names)

    def _free(self, column: str) -> str:
        """A name for a column that no field takes, when a mapped field already has its name."""
        return f"{column}_in_file" if column in self.terms and column != LINE else column

    def _marked(self, mapped: pa.Table, came: pa.Schema) -> pa.Table:
        fields = []
        for field in mapped.schema:
            term = self.terms.get(field.name)
            origin = term.text if term and term.kind == "column" else field.name
            marks = came.field(origin).metadata if origin in came.names else None
            fields.append(field.with_metadata(marks) if marks else field)
        return mapped.cast(pa.schema(fields))

    @staticmethod
    def _condition(column: str, operator: str, value: str, present: set[str]) -> str:
        if column not in present:
            return "false"
        text = f"coalesce(CAST({quote(column)} AS VARCHAR), '')"
        if operator in ("=", "!="):
            return f"lower({text}) {'=' if operator == '=' else '<>'} lower({literal(value)})"
        number = f"TRY_CAST({text} AS DOUBLE)"
        try:
            return f"{number} {operator} {float(value)!r}"
        except ValueError:
            return f"{text} {operator} {literal(value)}"


def plan(
    table_name: str,
    columns: Sequence[str],
    terms: Mapping[str, Term],
    only: Sequence[str] = (),
    source: str = "--map",
) -> Plan:
    """Checks a mapping against the table and the file; SpecError names the closest names."""
    table = find_table(table_name)
    for field, term in terms.items():
        _check_field(table, field, source)
        for column in term.columns():
            _check_column(column, columns, f"{field}={term.text}", source)
    full = {**_same_names(table, columns, terms), **terms}
    conditions = tuple(_only(item, columns) for item in only)
    _check_required(table, full, columns)
    return Plan(full, conditions)


def find_table(name: str) -> Table:
    """The table called ``name``; SpecError with the closest name."""
    if name in TABLES:
        return TABLES[name]
    near = difflib.get_close_matches(name, TABLES, 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise SpecError("TABLE", name, "is no table", f"{hint}use one of {', '.join(TABLES)}")


def normal(name: str) -> str:
    """A column name in the spelling of fields.

    >>> normal("Account ID"), normal("startedAt")
    ('account_id', 'started_at')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")


def fields_of(table: Table) -> set[str]:
    """Fields a file can give: the table's columns, identity, and amounts in major units."""
    own = {c.name for c in table.columns}
    amounts = {n.removesuffix("_minor") for n in own if n.endswith("_minor")}
    return own | amounts | {"message_id", "received_at"}


def _same_names(table: Table, columns: Sequence[str], terms: Mapping[str, Term]) -> dict[str, Term]:
    used = {c for t in terms.values() if t.kind == "column" for c in t.columns()}
    found: dict[str, Term] = {}
    for column in columns:
        field = column if column in fields_of(table) else normal(column)
        if column in used or field in terms or field not in fields_of(table) or field in found:
            continue
        found[field] = Term("column", column)
    return found


def _check_field(table: Table, field: str, source: str) -> None:
    if field in fields_of(table):
        return
    near = difflib.get_close_matches(field, fields_of(table), 1, 0.8)
    if near:
        raise SpecError(source, field, f"is no field of {table.name}", f"did you mean {near[0]}?")


def _check_column(column: str, columns: Sequence[str], item: str, source: str) -> None:
    if column in columns:
        return
    near = difflib.get_close_matches(column, columns, 3, 0.4)
    closest = f"the closest are {', '.join(near)}" if near else f"it has {', '.join(columns)}"
    raise SpecError(source, item, f"the file has no column {column}", f"{closest}; map one of them")


def _check_required(table: Table, terms: Mapping[str, Term], columns: Sequence[str]) -> None:
    for column in table.columns:
        base = column.name.removesuffix("_minor")
        if column.required and column.name not in terms and base not in terms:
            near = difflib.get_close_matches(column.name, columns, 1, 0.5)
            guess = near[0] if near else "COLUMN"
            raise SpecError(
                "--map", column.name,
                f"{table.name} needs it ({column.doc}), and the file has only {', '.join(columns)}",
                f"add --map {column.name}={guess} (or {column.name}==CONSTANT)",
            )  # fmt: skip


def _only(item: str, columns: Sequence[str]) -> tuple[str, str, str]:
    match = _CONDITION.match(item)
    if not match:
        raise SpecError(
            "--only", item, "is no condition", "write column=value, column!=value or column>0"
        )
    column, operator, value = (part.strip() for part in match.groups())
    _check_column(column, columns, item, "--only")
    return column, operator, value


def options_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options worth keeping with a named mapping: those that were given."""
    given = {k: v for k, v in values.items() if v not in ("", None, (), [], frozenset())}
    given.pop("shown_as", None)
    return given
