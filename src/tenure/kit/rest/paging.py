"""Paging: a page of items and the cursor of the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from ninja import Query, Schema

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=500, description="items on a page")]
BIGINT = 2**63 - 1
AfterId = Annotated[
    int | None, Query(alias="cursor", ge=0, le=BIGINT, description="next_cursor of the page before")
]


class Done(Schema):
    """The answer of what gives nothing back."""

    ok: bool = True


def page(rows: Sequence[Item], limit: int, key: Callable[[Item], Any]) -> dict[str, Any]:
    """One page of ``rows``, which were read with ``limit + 1``, and the cursor of the next."""
    items = list(rows[:limit])
    more = len(rows) > limit
    return {"items": items, "next_cursor": key(items[-1]) if more else None}
