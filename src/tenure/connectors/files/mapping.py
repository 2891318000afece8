"""How the columns of a file become the fields of a table: ``field=column`` and its relatives.

================================  ===========================================================
``account_id=Customer``           the field is the column
``currency==USD``                 the field is this text in every row
``subscription_id={id}-{plan}``   the field is made of columns and text
``mrr=price``                     an amount in major units (``mrr_minor`` takes minor units)
``account_id=user.company.id``    the field stands inside an object of the column ``user``
``properties.colour=Farbe``       the column becomes a property of this name
================================  ===========================================================

Columns that no field takes become fields of their own name (``Account ID`` fits ``account_id``),
and if the table has no such field, properties.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES, Table
from tenure.connectors.files import nested, suggesting, translations
from tenure.connectors.files.fields import fields_of, normal
from tenure.connectors.files.settings import settings
from tenure.facts import sql
from tenure.facts.casts import literal, quote

LINE = "_line"
PROPERTY = "properties."
"""Begins the name of a property that a mapping makes or renames."""
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

    def sql(self, present: pa.Schema) -> str:
        """The value as an expression; a column missing from this chunk is empty."""
        if self.kind == "constant":
            return literal(self.text)
        if self.kind == "column":
            return nested.expression(self.text, present) or "CAST(NULL AS VARCHAR)"
        parts, end = [], 0
        for match in _PLACE.finditer(self.text):
            parts.append(literal(self.text[end : match.start()]))
            name = match.group(1)
            found = nested.text(name, present)
            parts.append(f"coalesce({found}, '')" if found else "''")
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
                "--map",
                item,
                "has no field, no = or no column",
                "write field=column, field==constant or field={column}-{column}",
            )
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
    left_out: frozenset[str] = frozenset()
    words: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def apply(self, chunk: pa.Table) -> pa.Table:
        """The chunk with the table's fields, without the rows that ``only`` leaves out."""
        present = chunk.schema
        if self._renames_only(present):
            return self._renamed(chunk)
        used = {t.text for t in self.terms.values() if t.kind == "column"}
        rest = [c for c in chunk.column_names if c not in used | self.left_out]
        parts = [f"{self._worded(f, t.sql(present))} AS {quote(f)}" for f, t in self.terms.items()]
        parts += [f"{quote(c)} AS {quote(self._free(c))}" for c in rest]
        where = " AND ".join(self._condition(*c, present) for c in self.only) or "true"
        con = sql.connection()
        con.register("chunk", chunk)
        query = f"SELECT {', '.join(parts)} FROM chunk WHERE {where} ORDER BY {LINE}"
        return self._marked(con.sql(query).to_arrow_table(), chunk.schema)

    def _worded(self, field: str, value: str) -> str:
        """The value, or what its words are translated to; case does not matter."""
        words = self.words.get(field)
        if not words:
            return value
        plain = f"lower(trim(CAST({value} AS VARCHAR)))"
        cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in words.items())
        return f"CASE {plain} {cases} ELSE CAST({value} AS VARCHAR) END"

    def _renames_only(self, present: pa.Schema) -> bool:
        texts = [t.text for t in self.terms.values()]
        return (
            not (self.only or self.left_out or self.words)
            and all(nested.path(text, present.names) is None for text in texts)
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
            if term and term.kind == "column" and nested.path(origin, came.names):
                marks = {sql.JSON_MARK: b"1"}
            if field.name in self.words:
                marks = None
            fields.append(field.with_metadata(marks) if marks else field)
        return mapped.cast(pa.schema(fields))

    @staticmethod
    def _condition(column: str, operator: str, value: str, present: pa.Schema) -> str:
        found = nested.text(column, present)
        if not found:
            return "false"
        text = f"coalesce({found}, '')"
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
    amounts: str = "",
    source: str = "--map",
    *,
    left_out: Sequence[str] = (),
    words: Sequence[str] = (),
    sample: Callable[[], Mapping[str, Sequence[str]]] = dict,
) -> Plan:
    """Checks a mapping against the table and the file; SpecError names what fits.

    ``amounts`` is the unit of columns mapped to ``*_minor``, empty if nobody said it; ``left_out``
    columns are not taken at all; ``words`` translate values (``status:Churned=cancelled``);
    ``sample`` gives the first values of each column, for suggestions.
    """
    table = find_table(table_name)
    for name in left_out:
        _check_column(name, columns, name, "--leave-out")
    columns = [c for c in columns if c not in left_out]
    for field, term in terms.items():
        _check_field(table, field, source)
        for column in term.columns():
            _check_column(column, columns, f"{field}={term.text}", source)
        if not amounts:
            _check_unit(field, term, source)
    full = {**_same_names(table, columns, terms), **terms}
    conditions = tuple(_only(item, [*columns, *left_out]) for item in only)
    _check_required(table, full, columns, sample)
    translated = translations.parse(words, full)
    plain = {field.removeprefix(PROPERTY): term for field, term in full.items()}
    return Plan(plain, conditions, frozenset(left_out), translated)


def find_table(name: str) -> Table:
    """The table called ``name``; SpecError with the closest name."""
    if name in TABLES:
        return TABLES[name]
    near = difflib.get_close_matches(name, TABLES, 1, 0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise SpecError("TABLE", name, "is no table", f"{hint}use one of {', '.join(TABLES)}")


def _same_names(table: Table, columns: Sequence[str], terms: Mapping[str, Term]) -> dict[str, Term]:
    used = {c for t in terms.values() if t.kind == "column" for c in t.columns()}
    _check_twice(table, columns, terms)
    found: dict[str, Term] = {}
    for column in columns:
        field = column if column in fields_of(table) else normal(column)
        if column in used or field in terms or field not in fields_of(table) or field in found:
            continue
        found[field] = Term("column", column)
    return found


def _check_twice(table: Table, columns: Sequence[str], terms: Mapping[str, Term]) -> None:
    """Refuses a header that stands twice where it would be taken by its name."""
    for column in columns:
        base = column.removesuffix(" (1)")
        field = base if base in fields_of(table) else normal(base)
        if base == column or f"{base} (2)" not in columns:
            continue
        if field in fields_of(table) and field not in terms:
            remedy = f"say which one: --map '{field}={column}' or --map '{field}={base} (2)'"
            raise SpecError("header", base, "names two columns of the file", remedy)


def _check_field(table: Table, field: str, source: str) -> None:
    known = fields_of(table)
    if field in known:
        return
    if field.startswith(PROPERTY) and (name := field.removeprefix(PROPERTY)):
        if name not in known:
            return
        raise SpecError(source, field, f"{name} is a field of its own", f"write {name}=COLUMN")
    meant = suggesting.meant(field, known)
    near = [meant] if meant else difflib.get_close_matches(field, known, 1, 0.8)
    what = {c.name: c.doc for c in table.columns}
    found = f"did you mean {near[0]} ({what.get(near[0], 'an amount')})? " if near else ""
    remedy = f"{found}Columns that are not mapped are kept as properties; to name one yourself, "
    raise SpecError(
        source, field, f"is no field of {table.name}", f"{remedy}write {PROPERTY}{field}=COLUMN"
    )


def is_minor(column: str) -> bool:
    """Whether a column says by its name that it holds the smallest unit.

    >>> is_minor("Amount in cents"), is_minor("mrr")
    (True, False)
    """
    words = settings()["minor_words"]
    return any(word in normal(column).split("_") for word in words)


def _check_unit(field: str, term: Term, source: str) -> None:
    if not field.endswith("_minor") or term.kind == "constant":
        return
    if not all(is_minor(column) for column in term.columns()):
        major = field.removesuffix("_minor")
        raise SpecError(
            source,
            f"{field}={term.text}",
            f"{field} takes the smallest unit (cents), and nothing says that {term.text} holds it",
            f"write {major}={term.text} if it holds amounts such as 49.90,"
            " or add --amounts minor if it holds cents",
        )


def _check_column(column: str, columns: Sequence[str], item: str, source: str) -> None:
    if column in columns or nested.path(column, columns):
        return
    near = difflib.get_close_matches(column, columns, 3, 0.4)
    closest = f"the closest are {', '.join(near)}" if near else f"it has {', '.join(columns)}"
    raise SpecError(source, item, f"the file has no column {column}", f"{closest}; map one of them")


def _check_required(
    table: Table,
    terms: Mapping[str, Term],
    columns: Sequence[str],
    sample: Callable[[], Mapping[str, Sequence[str]]],
) -> None:
    missing = [
        column
        for column in table.columns
        if column.required and not {column.name, column.name.removesuffix("_minor")} & terms.keys()
    ]
    if not missing:
        return
    used = {c for t in terms.values() for c in t.columns()}
    values = sample()
    advice = [suggesting.required(table, c.name, columns, used, values) for c in missing]
    names, docs = ", ".join(c.name for c in missing), "; ".join(c.doc for c in missing)
    raise SpecError(
        "--map",
        names,
        f"{table.name} needs it ({docs}), and the file has only {', '.join(columns)}",
        f"add {'; and '.join(advice)}",
    )


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
    given = {k: v for k, v in values.items() if v not in ("", None, (), [], 0)}
    given.pop("shown_as", None)
    return given
