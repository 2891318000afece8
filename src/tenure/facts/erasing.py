"""Taking a person out of the lake: what the facts say of them goes, that something happened stays.

A fact *of* the person (their id, device or mail address) stands for a random pseudonym afterwards:
numbers stay, texts go, so that an account's counts and distinct people remain. A fact of somebody
else that merely mentions them loses the mention. All changes of a table are one commit, so that a
run cut off anywhere is simply done again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import pyarrow as pa

from tenure.facts import sql
from tenure.facts.casts import literal, quote
from tenure.facts.lake import Lake
from tenure.facts.mentions import GONE
from tenure.facts.persons import Subject, settings

_OWN_IDS = ("person_id", "anonymous_id")
_PRINT = "_print"
Row = dict[str, Any]


@dataclass(frozen=True)
class Touched:
    """What was changed in one table: how many facts, and on which received days."""

    rows: int
    days: tuple[date, ...]


def matching(lake: Lake, table: str, subject: Subject) -> pa.Table | None:
    """All facts of ``table`` that are of the person or mention them; None if there are none."""
    found = _candidates(lake, table, subject)
    if found is None:
        return None
    rows = found.drop_columns([_PRINT])
    named = [
        is_of(row, subject) or _cleaned(table, row, subject, "") != row for row in rows.to_pylist()
    ]
    rows = rows.filter(pa.array(named, pa.bool_()))
    return rows if rows.num_rows else None


def _candidates(lake: Lake, table: str, subject: Subject) -> pa.Table | None:
    """Facts that a coarse look takes for the person's, each with the print of its texts."""
    files = lake.files(table)
    if not files.num_rows:
        return None
    listed = ", ".join(literal(p) for p in files["path"].to_pylist())
    source = f"read_parquet([{listed}], union_by_name=true, hive_partitioning=true)"
    schema = sql.connection().sql(f"SELECT * FROM {source} LIMIT 0").to_arrow_table().schema
    mark = _print(_texts(schema))
    found = sql.connection().sql(
        f"SELECT *, {mark} AS {_PRINT} FROM {source} WHERE {_coarse(schema, subject)}"
    )
    rows = found.to_arrow_table()
    return rows if rows.num_rows else None


def _texts(schema: pa.Schema) -> list[str]:
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return [f.name for f in schema if any(is_text(f.type) for is_text in texts)]


def _print(columns: list[str], of: str = "") -> str:
    """What tells a fact from others by its texts, in SQL that both engines read."""
    parts = ", ".join(f"'|', coalesce({of}{quote(c)}, '~')" for c in columns)
    return f"md5(concat({parts}))"


def _coarse(schema: pa.Schema, subject: Subject) -> str:
    """A condition under which a row may be the person's or name them."""
    ids = _listed(subject.ids)
    tests = [f"{quote(c)} IN ({ids})" for c in _OWN_IDS if c in schema.names]
    at_home: list[str] = []
    for name in _texts(schema):
        spoken = _is_spoken(name)
        found = subject.mentions.addresses if _is_code(name) else subject.mentions
        tests += [_holds(name, texts) for texts in found.needles()]
        tests += [_ends(name, tail) for tail in found.tails if spoken]
        at_home += [_holds(name, texts) for texts in found.word_needles() if spoken]
    if at_home and subject.accounts and "account_id" in schema.names:
        tests.append(f"account_id IN ({_listed(subject.accounts)}) AND ({' OR '.join(at_home)})")
    return " OR ".join(f"({test})" for test in tests) or "false"


def _is_code(column: str) -> bool:
    return column in settings()["codes"]["columns"]


def _is_spoken(column: str) -> bool:
    """Whether people write into it, so that a first name or a number may stand there."""
    names_others = column in settings()["codes"]["others"]
    return not (_is_code(column) or names_others or column.endswith("_id"))


def _holds(column: str, texts: list[str]) -> str:
    low = f"lower(coalesce({quote(column)}, ''))"
    return " AND ".join(f"strpos({low}, {literal(text)}) > 0" for text in texts)


def _ends(column: str, digits: str) -> str:
    return f"strpos(regexp_replace({quote(column)}, '[^0-9]', '', 'g'), {literal(digits)}) > 0"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(map(literal, values)) or "''"


def erase_from(lake: Lake, table: str, subject: Subject, pseudonym: str) -> Touched | None:
    """Rewrites the facts of ``table`` that are touched; None if there are none."""
    found = _candidates(lake, table, subject)
    if found is None:
        return None
    texts = _texts(found.schema.remove(found.schema.get_field_index(_PRINT)))
    changed: dict[str, Row] = {}
    days, rows = set[date](), 0
    for row in found.to_pylist():
        mark = row.pop(_PRINT)
        clean = _cleaned(table, row, subject, pseudonym)
        if clean != row:
            changed[mark] = {_PRINT: mark, **{name: clean[name] for name in texts}}
            days.add(row["received_day"])
            rows += 1
    if not changed:
        return None
    _amend(lake, table, texts, list(changed.values()), tuple(sorted(days)))
    return Touched(rows, tuple(sorted(days)))


def _amend(
    lake: Lake, table: str, texts: list[str], rows: list[Row], days: tuple[date, ...]
) -> None:
    schema = pa.schema([(name, pa.string()) for name in (_PRINT, *texts)])
    listed = ", ".join(f"DATE '{day}'" for day in days)
    same = f"t.received_day IN ({listed}) AND {_print(texts, 't.')} = s.{_PRINT}"
    lake.amend(table, pa.Table.from_pylist(rows, schema=schema), same, texts)


def _cleaned(table: str, row: Mapping[str, Any], subject: Subject, pseudonym: str) -> Row:
    done = dict(row)
    if is_of(row, subject):
        for column in _OWN_IDS:
            if done.get(column):
                done[column] = pseudonym
        for column in settings()["emptied"].get(table, ()):
            done[column] = None
        if "properties" in done:
            done["properties"] = _numbers(done["properties"])
        if done.get("session_id"):
            done["session_id"] = _renamed(done["session_id"], pseudonym)
        if done.get("message_id") and subject.within(done["message_id"]):
            done["message_id"] = _renamed(done["message_id"], pseudonym)
    account = row.get("account_id")
    for name, value in done.items():
        if isinstance(value, str):
            done[name] = _unnamed(name, value, subject, pseudonym, account)
    return done


def _unnamed(column: str, value: str, subject: Subject, pseudonym: str, account: Any) -> str:
    if column in settings()["codes"]["colleagues"] and value.lower() in subject.colleagues:
        return value
    if _is_code(column):
        return subject.mentions.addresses.without(value)
    if subject.is_called(value):
        return pseudonym  # an account that is one person, say
    if _is_spoken(column):
        return subject.without(value, account)
    return subject.mentions.unspoken.without(value)


def is_of(row: Mapping[str, Any], subject: Subject) -> bool:
    """Whether a fact is the person's own."""
    mail = str(row.get("email") or "").lower()
    return any(row.get(c) in subject.ids for c in _OWN_IDS) or mail in subject.mails


def _renamed(text: str, pseudonym: str) -> str:
    """A name nobody can trace back: the pseudonym is random and is written down nowhere else."""
    return "erased-" + sha256(f"{pseudonym}\0{text}".encode()).hexdigest()[:20]


def _numbers(text: str | None) -> str | None:
    """What may stay of properties: truths and small numbers under innocent names."""
    kept = settings()["kept"]
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    left = {
        k: v
        for k, v in found.items()
        if isinstance(v, int | float)
        and abs(v) <= kept["largest_number"]
        and not any(word in re.split(r"[^a-z]+", k.lower()) for word in kept["never"])
    }
    return json.dumps(left, separators=(",", ":")) if left else None


__all__ = ["GONE", "Touched", "erase_from", "is_of", "matching"]
