"""What Today is asked to show, read from (and written back to) its address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from tenure.work.tasks.order import NAMES

MINE, EVERYONE, NOBODY = "mine", "everyone", "nobody"
SHOWS = {"open": "Open", "snoozed": "Snoozed", "done": "Done"}
_LONGEST = 120


@dataclass(frozen=True)
class Filters:
    """Whose tasks, of which segment and kind, open or not; ``section`` shows all of one."""

    who: str = MINE
    segment: str = ""
    kind: str = ""
    show: str = "open"
    section: str = ""

    @property
    def colleague(self) -> int | None:
        """The id of the colleague asked for, if it is one."""
        return int(self.who) if self.who.isdigit() else None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the owner is asked for."""
        return self != Filters(who=self.who)

    def but(self, **changed: str) -> Filters:
        """The same list with something changed."""
        return replace(self, **changed)

    def to_query(self) -> str:
        """The canonical query string: the same filter always gives the same address."""
        pairs = [(name, getattr(self, name)) for name in NAMES_OF]
        return urlencode([(k, v) for k, v in pairs if v != getattr(PLAIN, k)])

    @property
    def address(self) -> str:
        """Where this list stands."""
        query = self.to_query()
        return f"/today/?{query}" if query else "/today/"


PLAIN = Filters()
NAMES_OF = tuple(field.name for field in fields(Filters))


def read(values: Mapping[str, Any]) -> Filters:
    """The filter an address asks for; what cannot be understood is left out, never an error."""
    given = {name: str(values.get(name) or "").replace("\x00", "")[:_LONGEST] for name in NAMES_OF}
    who = given["who"]
    known = who in (EVERYONE, NOBODY) or (who.isascii() and who.isdigit() and len(who) < 18)
    return Filters(
        who=who if known else MINE,
        segment=given["segment"],
        kind=given["kind"],
        show=given["show"] if given["show"] in SHOWS else "open",
        section=given["section"] if given["section"] in NAMES else "",
    )
