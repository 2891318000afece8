"""The fields that a file can give, and names in their spelling. Pure."""

from __future__ import annotations

import re

from tenure.analytics.tables import Table


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
