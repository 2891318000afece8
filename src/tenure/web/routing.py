"""Which rooms parse requests and are told of new facts: the two tables of ``facts.routing``."""

from __future__ import annotations

from tenure.facts.routing import ROUTING, Routing


def wire(routing: Routing = ROUTING) -> None:
    """Have the tables filled before their first use; doing it again changes nothing."""
    routing.fill = fill


def fill(routing: Routing) -> None:
    """Put in every room's parsers and handlers: one line a room."""
    from tenure.accounts.handlers import HANDLERS as ACCOUNTS
    from tenure.connectors.routing import parsers

    routing.parsers.update(parsers())
    for table in (ACCOUNTS,):
        for name, handlers in table.items():
            told = routing.handlers.setdefault(name, [])
            told.extend(handler for handler in handlers if handler not in told)
