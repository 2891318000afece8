"""Who parses which request, and who is told of which facts: two explicit tables, filled at start.

Slices declare their parsers and handlers (see ``tenure.slices``). A handler is
``handler(rows, now)``: it gets new facts of one lake table after they are durable, and must bear
to see the same rows again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tenure.facts.calls import Parser

Handler = Callable[[pa.Table, datetime], object]


@dataclass
class Routing:
    """``parsers`` by endpoint, ``handlers`` by table (``people``) or event (``events:NAME``);
    values are functions or their dotted names."""

    parsers: dict[str, Parser | str] = field(default_factory=dict)
    handlers: dict[str, list[Handler | str]] = field(default_factory=dict)

    def parser(self, endpoint: str) -> Parser:
        """The parser of an endpoint; KeyError if there is none."""
        found = self.parsers[endpoint]
        if isinstance(found, str):
            found = self.parsers[endpoint] = resolve(found)
        return found

    def tell(self, table: str, rows: pa.Table, now: datetime) -> None:
        """Call every handler that wants to know of these new facts."""
        for handler in self._handlers(table):
            handler(rows, now)
        if table == "events":
            self._tell_events(rows, now)

    def _tell_events(self, rows: pa.Table, now: datetime) -> None:
        wanted = [key for key in self.handlers if key.startswith("events:")]
        for key in wanted:
            mine = rows.filter(pc.equal(rows["event"], key.removeprefix("events:")))
            for handler in self._handlers(key) if len(mine) else ():
                handler(mine, now)

    def _handlers(self, key: str) -> Sequence[Handler]:
        found = self.handlers.get(key, [])
        return [resolve(h) if isinstance(h, str) else h for h in found]


def resolve(dotted: str) -> Any:
    """The function with this dotted name."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


ROUTING = Routing()
"""The table of this process."""
