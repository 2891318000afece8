"""What the mapping page asks: a column or a fixed value for each field, how to read the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.analytics.tables import TABLES, Column, Table
from tenure.connectors.files.mapping import Term, parse_terms
from tenure.connectors.files.runs import Options
from tenure.connectors.models import FileMapping
from tenure.web.facts import guessing

COLUMN, FIXED = "column:", "fixed:"


@dataclass(frozen=True)
class Line:
    """One field of the table: where it comes from so far, and whether that was guessed."""

    column: Column
    chosen: str
    fixed: str
    guessed: bool

    @property
    def name(self) -> str:
        """The field's name."""
        return self.column.name


@dataclass(frozen=True)
class Asked:
    """The whole form as it stands."""

    table: Table
    terms: dict[str, Term]
    options: Options
    name: str
    guesses: Mapping[str, str]

    def lines(self) -> list[Line]:
        """Every field: required ones first, then those that have a column."""
        fields = [c for c in self.table.columns if c.name != self.table.extra]
        lines = [self._line(c) for c in fields]
        return sorted(lines, key=lambda ln: (not ln.column.required, not (ln.chosen or ln.fixed)))

    def _line(self, column: Column) -> Line:
        term = self.terms.get(column.name) or self.terms.get(column.name.removesuffix("_minor"))
        chosen = term.text if term and term.kind == "column" else ""
        fixed = term.text if term and term.kind != "column" else ""
        return Line(column, chosen, fixed, bool(chosen) and self.guesses.get(column.name) == chosen)


def first(table: Table, columns: Sequence[str], mapping: FileMapping | None) -> Asked:
    """The form as it opens: a kept mapping, else what can be guessed."""
    if mapping is not None:
        terms = parse_terms(f"{f}={t}" for f, t in mapping.mapping.items())
        kept: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in mapping.options.items()
        }
        return Asked(table, terms, Options(**kept), mapping.pk, {})
    guesses = guessing.columns(table, columns)
    terms = {field: Term("column", column) for field, column in guesses.items()}
    return Asked(table, _major(terms), Options(), "", guesses)


def _major(terms: dict[str, Term]) -> dict[str, Term]:
    """An amount column that is not called minor is most likely in major units."""
    found = {}
    for field, term in terms.items():
        major = field.endswith("_minor") and not term.text.lower().endswith("minor")
        found[field.removesuffix("_minor") if major else field] = term
    return found


def posted(table: Table, post: Any) -> Asked:
    """The form as it was sent."""
    major = set(post.getlist("major"))
    terms: dict[str, Term] = {}
    for column in table.columns:
        chosen, fixed = (
            post.get(COLUMN + column.name, ""),
            post.get(FIXED + column.name, "").strip(),
        )
        key = column.name.removesuffix("_minor") if column.name in major else column.name
        if fixed:
            terms[key] = Term("template" if "{" in fixed else "constant", fixed)
        elif chosen:
            terms[key] = Term("column", chosen)
    options = Options(
        date_format=post.get("date_format", "").strip(),
        zone=post.get("zone", "").strip() or "UTC",
        nulls=tuple(n.strip() for n in post.get("nulls", "").split(",") if n.strip()),
        source=post.get("source", "").strip(),
    )
    return Asked(table, terms, options, post.get("name", "").strip()[:120], {})


def table(name: str) -> Table | None:
    """The table called ``name``."""
    return TABLES.get(name)
