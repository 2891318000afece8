"""What every account looked like at the last scoring: the ground on which plays decide.

One Parquet file that every scoring replaces. Rules of triggers, exits, branches and goals are
evaluated on it, so that a play sees exactly what the scoring saw.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tenure.analytics.segments import CONTRACT
from tenure.core import workspace

_MOMENT = b"tenure_as_of"


def path() -> Path:
    """Where it lies."""
    return workspace.current().rollups / "plays" / "accounts.parquet"


def write(everyone: pa.Table, as_of: datetime) -> None:
    """Replace it, whole or not at all."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    marked = everyone.replace_schema_metadata({_MOMENT: as_of.isoformat().encode()})
    part = target.with_suffix(f".{secrets.token_hex(8)}")
    pq.write_table(marked, part)
    os.replace(part, target)


def rewrite(change: Callable[[str, str], str]) -> None:
    """Replace it by one in which ``change(account_id, text)`` was done to every text."""
    when = moment()
    if when is None:
        return
    table = pq.read_table(path())
    accounts = table["account_id"].to_pylist()
    for place, column in enumerate(table.schema):
        if not pa.types.is_string(column.type):
            continue
        pairs = zip(accounts, table[place].to_pylist(), strict=True)
        texts = [None if text is None else change(account, text) for account, text in pairs]
        table = table.set_column(place, column, pa.array(texts, column.type))
    write(table, when)


def moment() -> datetime | None:
    """When the accounts were looked at; None before the first scoring."""
    if not path().exists():
        return None
    kept = (pq.read_schema(path()).metadata or {}).get(_MOMENT)
    return datetime.fromisoformat(kept.decode()) if kept else None


def read(fields: Collection[str], accounts: Collection[str] | None = None) -> pa.Table:
    """``account_id`` and those of ``fields`` that are there, of all accounts or of ``accounts``."""
    if not path().exists():
        return pa.table({"account_id": pa.array([], pa.string())})
    wanted = {"account_id", *fields}
    if "yearly_value" in wanted:
        wanted |= {CONTRACT, "arr_minor", "currency"}
    there = pq.read_schema(path()).names
    columns = [name for name in there if name in wanted]
    table = pq.read_table(path(), columns=columns)
    if accounts is not None:
        chosen = pa.array(sorted(accounts), pa.string())
        table = table.filter(pc.is_in(table["account_id"], value_set=chosen))
    return table


def has(field: str) -> bool:
    """Whether the last scoring computed ``field`` (a new play may ask for one that it did not)."""
    return path().exists() and (
        field in pq.read_schema(path()).names or field in ("yearly_value", "account_id")
    )
