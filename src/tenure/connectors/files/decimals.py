"""Which decimal sign the numbers of a file have, found from each column as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import Table
from tenure.connectors.files.chunks import Opened
from tenure.connectors.files.mapping import LINE, Plan
from tenure.facts import number_texts
from tenure.facts.casts import is_text
from tenure.facts.number_texts import Sign


def find(opened: Opened, plan: Plan, table: Table, rows: int) -> dict[str, Sign]:
    """Field -> the decimal sign its column shows, for fields whose text needs one.

    SpecError if a column shows both signs, or values that may mean two things and none that tells.
    """
    fields = _numeric(table, plan)
    columns = {field: number_texts.Column() for field in fields}
    for chunk in opened.chunks(rows) if fields else ():
        if not chunk.rows.num_rows:
            continue
        mapped = plan.apply(chunk.rows.append_column(LINE, chunk.lines))
        for field, column in columns.items():
            if field in mapped.column_names and is_text(mapped[field].type):
                column.look(_texts(mapped[field]))
    found: dict[str, Sign] = {}
    for field, column in columns.items():
        sign = column.sign()
        if sign is None:
            raise _unclear(str(opened.path), field, column)
        if sign:
            found[_minor(table, field)] = sign
    return found


def _texts(values: pa.ChunkedArray) -> list[str]:
    return [text for text in values.cast(pa.string()).unique().to_pylist() if text]


def _numeric(table: Table, plan: Plan) -> list[str]:
    """Fields of numbers, and amounts in major units, that the plan fills from the file."""
    kinds = {c.name: c.kind for c in table.columns}
    given = [field for field, term in plan.terms.items() if term.kind != "constant"]
    return [
        field
        for field in given
        if kinds.get(field) == "float"
        or (kinds.get(field) == "int" and not field.endswith("_minor"))
        or f"{field}_minor" in kinds
    ]


def _minor(table: Table, field: str) -> str:
    return f"{field}_minor" if any(c.name == f"{field}_minor" for c in table.columns) else field


def _unclear(file: str, field: str, column: number_texts.Column) -> SpecError:
    if column.unclear and not (column.point or column.comma):
        low, high = (number_texts.read(column.unclear, sign) for sign in (".", ","))
        means = f"{low.value.normalize():f} or {high.value:f}" if low and high else "two things"
        problem = f"holds {column.unclear}, which may mean {means}, and no value that tells which"
    else:
        problem = f"holds {column.point} and {column.comma}: one has a decimal point, one a comma"
    remedy = "name the decimal sign: --decimal . or --decimal , (what does not fit is refused)"
    return SpecError(file, field, problem, remedy)


def notes(found: Mapping[str, Sign]) -> list[str]:
    """What was found, in sentences."""
    words = {".": "decimal point", ",": "decimal comma"}
    return [
        f"{field.removesuffix('_minor')} was read with a {words[sign]}, as its values show."
        for field, sign in sorted(found.items())
        if sign
    ]
