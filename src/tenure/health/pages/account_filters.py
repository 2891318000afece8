"""What the Accounts page is asked to show, read from (and written back to) its address. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import urlencode

SORTS = ("name", "health", "risk", "mrr", "renewal", "change")
DEFAULT_SORT = "-risk"
RENEWALS = (30, 60, 90, 180)
STATUSES = ("current", "churned", "all")
LISTS = ("segment", "band", "owner", "stage", "risk")
NOBODY = "none"
LONGEST_SEARCH = 100


class Values(Protocol):
    """A multi-value mapping such as Django's QueryDict."""

    def get(self, key: str, /) -> Any: ...
    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True)
class Filters:
    """A filter and sort; a minus before ``sort`` turns it round."""

    q: str = ""
    segment: tuple[str, ...] = ()
    band: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    risk: tuple[str, ...] = ()
    renewal: int | None = None
    status: str = "current"
    sort: str = DEFAULT_SORT

    @property
    def column(self) -> str:
        """What is sorted by, without its direction."""
        return self.sort.lstrip("-")

    @property
    def descending(self) -> bool:
        """Whether large values come first."""
        return self.sort.startswith("-")

    @property
    def narrowed(self) -> bool:
        """Whether anything but the sort differs from the plain list."""
        return self != Filters(sort=self.sort)

    def to_query(self) -> str:
        """The canonical query string: the same filter always gives the same address."""
        return urlencode(list(self._pairs()))

    def _pairs(self) -> Iterable[tuple[str, str]]:
        if self.q:
            yield "q", self.q
        for name in LISTS:
            for value in getattr(self, name):
                yield name, value
        if self.renewal:
            yield "renewal", str(self.renewal)
        if self.status != "current":
            yield "status", self.status
        if self.sort != DEFAULT_SORT:
            yield "sort", self.sort

    def sorted_by(self, column: str) -> Filters:
        """The same list by another column; asked again for the same column, turned round."""
        if column == self.column:
            return replace(self, sort=column if self.descending else f"-{column}")
        return replace(
            self, sort=column if column in ("name", "renewal", "health") else f"-{column}"
        )

    def without(self, name: str, value: str = "") -> Filters:
        """The same list with one condition taken away."""
        left: Any = getattr(Filters(), name)
        if isinstance(kept := getattr(self, name), tuple):
            left = tuple(v for v in kept if v != value)
        return replace(self, **{name: left})


def read(values: Values) -> Filters:
    """The filter an address asks for; what cannot be understood is left out, never an error."""
    lists: Mapping[str, tuple[str, ...]] = {
        name: tuple(dict.fromkeys(v for v in values.getlist(name) if v))[:50] for name in LISTS
    }
    renewal = values.get("renewal") or ""
    sort = values.get("sort") or DEFAULT_SORT
    status = values.get("status") or "current"
    return Filters(
        q=(values.get("q") or "").replace("\x00", "").strip()[:LONGEST_SEARCH],
        renewal=int(renewal)
        if renewal.isascii() and renewal.isdigit() and len(renewal) < 5
        else None,
        status=status if status in STATUSES else "current",
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        **lists,
    )
