"""A live server of one's own for each test: these tests kill it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    server = Live(tmp_path / "home")
    yield server
    server.stop()
