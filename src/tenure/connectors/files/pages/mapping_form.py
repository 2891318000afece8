"""What the mapping page asks: a column or a fixed value for each field, how to read the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tenure.analytics.tables import TABLES, Column, Table
from tenure.connectors.files import named
from tenure.connectors.files.chunks import Dialect
from tenure.connectors.files.fields import fields_of, normal
from tenure.connectors.files.job import Options
from tenure.connectors.files.mapping import Term, is_minor, parse_terms
from tenure.connectors.files.pages import guessing
from tenure.connectors.files.suggesting import Sample
from tenure.connectors.models import FileMapping

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
class MappingForm:
    """The whole form as it stands."""

    table: Table
    terms: dict[str, Term]
    options: Options
    name: str
    guesses: Mapping[str, str]

    @property
    def unit(self) -> str:
        """The unit of the table's amount as it is asked for: minor, major, or empty."""
        if self.options.amounts:
            return self.options.amounts
        names = {c.name for c in self.table.columns}
        return "major" if any(f not in names and f"{f}_minor" in names for f in self.terms) else ""

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


def first(
    table: Table, columns: Sequence[str], mapping: FileMapping | None, sample: Sample | None = None
) -> MappingForm:
    """The form as it opens: a kept mapping, else what can be guessed."""
    if mapping is not None:
        terms = parse_terms(f"{f}={t}" for f, t in mapping.mapping.items())
        options = Options(**named.options_kept(mapping.options))
        return MappingForm(table, terms, options, mapping.pk, {})
    guesses = guessing.columns(table, columns, sample)
    terms = {field: Term("column", column) for field, column in guesses.items()}
    return MappingForm(table, _major(terms), Options(), "", guesses)


def _major(terms: dict[str, Term]) -> dict[str, Term]:
    """An amount column that does not say cents is most likely in major units."""
    found = {}
    for field, term in terms.items():
        major = field.endswith("_minor") and not is_minor(term.text)
        found[field.removesuffix("_minor") if major else field] = term
    return found


def posted(table: Table, post: Any, columns: Sequence[str] = ()) -> MappingForm:
    """The form as it was sent."""
    unit = post.get("unit", "")
    terms: dict[str, Term] = {}
    for column in table.columns:
        chosen = post.get(COLUMN + column.name, "")
        fixed = post.get(FIXED + column.name, "").strip()
        if fixed:
            terms[column.name] = Term("template" if "{" in fixed else "constant", fixed)
        elif chosen:
            terms[column.name] = Term("column", chosen)
    taken = {c for term in terms.values() for c in term.columns()}
    left_out = {c for c in post.getlist("left_out") if c in columns} - taken
    # "Not in the file", although a column has the name of the field: it is not that.
    left_out |= {c for c in columns if _unwanted(table, c, post)} - taken
    if unit == "major":
        terms = {field.removesuffix("_minor"): term for field, term in terms.items()}
    elif unit != "minor":
        terms = _major(terms)
    options = Options(
        date_format=post.get("date_format", "").strip(),
        zone=post.get("zone", "").strip() or "UTC",
        nulls=tuple(n.strip() for n in post.get("nulls", "").split(",") if n.strip()),
        amounts="minor" if unit == "minor" else "",
        decimal=post.get("decimal", ""),
        only=_lines(post, "only"),
        words=_lines(post, "words"),
        left_out=tuple(c for c in columns if c in left_out),
        **_dialect(post),
        source=post.get("source", "").strip(),
    )
    return MappingForm(table, terms, options, post.get("name", "").strip()[:120], {})


def _unwanted(table: Table, column: str, post: Any) -> bool:
    """Whether the form offers a field of the column's name, and nothing was chosen for it."""
    names = {c.name for c in table.columns}
    field = column if column in fields_of(table) else normal(column)
    field = field if field in names else f"{field}_minor"
    offered = COLUMN + field in post
    return offered and not post.get(COLUMN + field) and not post.get(FIXED + field, "").strip()


def kept_dialect(mapping: FileMapping | None) -> Dialect:
    """How the files of a kept mapping are read."""
    return Options(**named.options_kept(mapping.options if mapping else {})).dialect()


def _lines(post: Any, name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in post.get(name, "").splitlines() if line.strip())


def dialect(post: Any) -> Dialect:
    """What was said of the file itself."""
    return Options(**_dialect(post)).dialect()


def _dialect(post: Any) -> dict[str, Any]:
    header = post.get("header", "").strip()
    delimiter = post.get("delimiter", "")
    return {
        "format": post.get("format", ""),
        "delimiter": "\t" if delimiter == "tab" else delimiter,
        "encoding": post.get("encoding", "").strip(),
        "header": int(header) if header.isdecimal() and len(header) < 6 else 0,
    }


def table(name: str) -> Table | None:
    """The table called ``name``."""
    return TABLES.get(name)
