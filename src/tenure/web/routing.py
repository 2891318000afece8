"""Which rooms parse requests and are told of new facts: the two tables of ``facts.routing``."""

from __future__ import annotations

from tenure.accounts.handlers import HANDLERS as ACCOUNTS
from tenure.connectors.routing import parsers
from tenure.facts.routing import ROUTING, Routing

HANDLERS: tuple[dict[str, list[str]], ...] = (ACCOUNTS,)
"""Tables of handlers; each room that wants to be told of facts has its own."""


def wire(routing: Routing = ROUTING) -> Routing:
    """Fill the tables; doing it again changes nothing."""
    routing.parsers.update(parsers())
    routing.handlers.clear()
    for table in HANDLERS:
        for name, handlers in table.items():
            routing.handlers.setdefault(name, []).extend(handlers)
    return routing
