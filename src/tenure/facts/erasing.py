"""Taking a person out of the lake: what the facts say of them goes, that something happened stays.

A fact *of* the person (their id, device or mail address) stands for a random pseudonym afterwards:
numbers stay, texts go, so that an account's counts and distinct people remain. A fact of somebody
else that merely mentions them loses the mention. New rows are appended before the old are deleted,
under a transaction number of the erasure, so that a run cut off anywhere is simply done again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from tenure.facts import sql
from tenure.facts.casts import literal, quote
from tenure.facts.lake import Lake
from tenure.facts.persons import Subject, settings

GONE = "[erased]"
_OWN_IDS = ("person_id", "anonymous_id")


@dataclass(frozen=True)
class Touched:
    """What was changed in one table: how many facts, and on which received days."""

    rows: int
    days: tuple[date, ...]


def matching(lake: Lake, table: str, subject: Subject) -> pa.Table | None:
    """All facts of ``table`` that are of the person or mention them; None if there are none."""
    files = lake.files(table)
    if not files.num_rows:
        return None
    listed = ", ".join(literal(p) for p in files["path"].to_pylist())
    source = f"read_parquet([{listed}], union_by_name=true, hive_partitioning=true)"
    schema = sql.connection().sql(f"SELECT * FROM {source} LIMIT 0").to_arrow_table().schema
    found = sql.connection().sql(f"SELECT * FROM {source} WHERE {where(schema, subject)}")
    rows = found.to_arrow_table()
    return rows if rows.num_rows else None


def where(schema: pa.Schema, subject: Subject, days: tuple[date, ...] = ()) -> str:
    """The condition under which a row is touched, in SQL that DuckDB and DataFusion both read."""
    tests = [_mine(schema, subject)]
    for field in schema:
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            low = f"lower(coalesce({quote(field.name)}, ''))"
            tests += [f"strpos({low}, {literal(mark)}) > 0" for mark in subject.marks()]
    condition = "(" + " OR ".join(tests) + ")"
    if days:
        listed = ", ".join(f"DATE '{d}'" for d in days)
        condition = f"received_day IN ({listed}) AND {condition}"
    return condition


def _mine(schema: pa.Schema, subject: Subject) -> str:
    ids = ", ".join(literal(i) for i in subject.ids)
    own = [f"{c} IN ({ids})" for c in _OWN_IDS if c in schema.names]
    return " OR ".join(own) or "false"


def erase_from(
    lake: Lake, table: str, subject: Subject, pseudonym: str, writer: str
) -> Touched | None:
    """Rewrites the facts of ``table`` that are touched; None if there are none."""
    rows = matching(lake, table, subject)
    if rows is None:
        return None
    days = tuple(sorted({d for d in rows["received_day"].to_pylist() if d}))
    clean = [_cleaned(table, row, subject, pseudonym) for row in rows.to_pylist()]
    lake.append(table, pa.Table.from_pylist(clean, schema=rows.schema), (writer, 1))
    lake.rewrite(table, where(rows.schema, subject, days))
    return Touched(rows.num_rows, days)


def _cleaned(
    table: str, row: Mapping[str, Any], subject: Subject, pseudonym: str
) -> dict[str, Any]:
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
    return {k: without(v, subject) if isinstance(v, str) else v for k, v in done.items()}


def is_of(row: Mapping[str, Any], subject: Subject) -> bool:
    """Whether a fact is the person's own."""
    mail = str(row.get("email") or "").lower()
    return any(row.get(c) in subject.ids for c in _OWN_IDS) or mail in subject.mails


def _renamed(text: str, pseudonym: str) -> str:
    """A name nobody can trace back: the pseudonym is random and is written down nowhere else."""
    from hashlib import sha256

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
        k: v for k, v in found.items()
        if isinstance(v, int | float) and abs(v) <= kept["largest_number"]
        and not any(word in re.split(r"[^a-z]+", k.lower()) for word in kept["never"])
    }  # fmt: skip
    return json.dumps(left, separators=(",", ":")) if left else None


def without(text: str, subject: Subject) -> str:
    """A text (or JSON) in which the person is no longer mentioned."""
    for mark in subject.marks():
        gone = json.dumps(GONE) if mark.startswith('"') else GONE
        text = re.sub(re.escape(mark), gone, text, flags=re.IGNORECASE)
    return text
