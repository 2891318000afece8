"""Importing into a workspace of one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tenure.connectors.files.runs import Options, run_import
from tenure.connectors.models import ImportRun

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Import = Callable[..., ImportRun]


@pytest.fixture
def do_import(workspace: Any, db: None) -> Import:
    def go(table: str, path: Path, *mapping: str, now: datetime = NOW, **options: Any) -> ImportRun:
        named = {k: options.pop(k) for k in ("name", "use", "handlers") if k in options}
        return run_import(table, path, mapping, now=now, options=Options(**options), **named)

    return go


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file and gives its path."""

    def go(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return go
