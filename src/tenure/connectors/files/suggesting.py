"""Which column may be a field: by a name that we know and by what stands in it, never by spelling.

A wrong suggestion is worse than none: ``opened_at=Solved at`` differs in a few letters and wrecks
every figure. Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from tenure.analytics.tables import Column, Table
from tenure.connectors.files.fields import normal
from tenure.connectors.files.synonyms import SYNONYMS, WORDED
from tenure.facts import time_texts
from tenure.facts.casts import Reading
from tenure.facts.number_texts import read as read_number

Sample = Mapping[str, Sequence[str]]
"""The first values of each column, as text; empty ones are left out."""
_ENOUGH = 0.8
_TRUE_OR_FALSE = frozenset(("true", "false", "yes", "no", "1", "0", "t", "f", "y", "n"))


def column_for(table: Table, field: str, columns: Iterable[str], sample: Sample) -> str:
    """The column of the file that is ``field`` by name and content; empty if none is."""
    by_name = {normal(name): name for name in reversed(list(columns))}
    own = ("id", "uuid", field.removesuffix("_id")) if table.key[:1] == (field,) else ()
    for name in (field, field.removesuffix("_minor"), *own, *SYNONYMS.get(field, ())):
        found = by_name.get(name)
        if found is not None and fits(table, field, sample.get(found, ())):
            return found
    return ""


def fits(table: Table, field: str, values: Sequence[str]) -> bool:
    """Whether these values can be those of the field; of no values nothing is known: they can."""
    if not values:
        return True
    column = _column(table, field)
    if table.key == (field,) and table.time != "updated_at" and len(set(values)) < len(values):
        return False  # one row a thing, and this tells several rows the same
    good = sum(map(_test(column), values))
    return good >= _ENOUGH * len(values)


def _column(table: Table, field: str) -> Column:
    names = {c.name for c in table.columns}
    return table.column(field if field in names else f"{field}_minor")


def _test(column: Column) -> Callable[[str], bool]:
    if column.kind == "timestamp":
        return is_time
    if column.kind in ("int", "float"):
        return lambda value: read_number(value, sure=False) is not None
    if column.kind == "bool":
        return lambda value: value.strip().lower() in _TRUE_OR_FALSE
    if column.name == "email":
        return lambda value: "@" in value
    if column.name.endswith("_id"):
        # An id is one word, and no time: "Jane Doe" is a manager's name, "2024-03-01" a day.
        return lambda value: len(value.split()) == 1 and not _is_day(value)
    return lambda value: not value.lstrip().startswith(("{", "["))


def is_time(value: str) -> bool:
    """Whether a text is a time that can be read, if need be with a format."""
    if value.strip().isdigit():
        return len(value.strip()) >= 9  # an epoch, not a count
    return _is_day(value) or bool(time_texts.suggested(value))


def _is_day(value: str) -> bool:
    return next(time_texts.readable([value], Reading()), None) is not None


def required(
    table: Table, field: str, columns: Sequence[str], used: set[str], sample: Sample
) -> str:
    """What to write for a field that the table needs and nothing gives, ready for a shell; ``used``
    are columns that other fields take."""
    found = column_for(table, field, [c for c in columns if c not in used], sample)
    if found:
        return f"--map {shlex.quote(f'{field}={found}')}"
    if table.key == (field,) and (made := _made_of(columns, sample)):
        return f"--map {shlex.quote(f'{field}={made}')} (an id made of columns)"
    if field in WORDED:
        return f"--map {shlex.quote(f'{field}=={WORDED[field]}')} if it is so in every row"
    return f"--map {field}=COLUMN with the column that holds it"


def _made_of(columns: Sequence[str], sample: Sample) -> str:
    """Two columns that tell all rows of the sample apart together."""
    full = [c for c in columns if len(sample.get(c, ())) > 1]
    most = max((len(sample[c]) for c in full), default=0)
    full = [c for c in full if len(sample[c]) == most and "{" not in c and "}" not in c]
    full.sort(key=lambda c: any(len(v.split()) > 1 and not is_time(v) for v in sample[c]))
    for place, one in enumerate(full):
        for other in full[place + 1 :]:
            if len(set(zip(sample[one], sample[other], strict=True))) == most:
                return f"{{{one}}}-{{{other}}}"
    return ""


def meant(target: str, fields: Iterable[str]) -> str:
    """The field of the table that a name we do not know of it stands for; empty if none does."""
    known, plain = set(fields), normal(target)
    if plain in known:
        return plain
    for field, names in SYNONYMS.items():
        if field in known and plain in names:
            return field
    return (
        "person_id"
        if plain in ("email", "mail", "email_address") and ("person_id" in known)
        else ""
    )
