"""A lake and a flusher of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sending import Company

from tenure.connectors.routing import parsers
from tenure.facts.lake import Lake
from tenure.facts.routing import Routing


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def routing() -> Routing:
    return Routing(parsers=dict(parsers()))


@pytest.fixture
def company(lake: Lake, routing: Routing, db: None) -> Company:
    return Company(lake, routing)
