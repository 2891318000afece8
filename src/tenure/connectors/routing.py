"""Which parser reads which requests: one line a protocol."""

from __future__ import annotations

from tenure.connectors.posthog import parse as posthog
from tenure.connectors.segment import parse as segment
from tenure.facts import inbox
from tenure.facts.calls import Parser


def parsers() -> dict[str, Parser]:
    """Every parser, by the endpoint under which requests are kept in the inbox."""
    return {inbox.OWN: inbox.parse_own, **segment.parsers(), **posthog.parsers()}
