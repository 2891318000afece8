"""Files and DataFrames in and out: ``load_frame`` and ``frame`` for notebooks, ``runs.run_import``
and ``export.export`` beneath the commands ``tenure import`` and ``tenure export``."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Imports the notebook functions when they are asked for: they need Django to be set up."""
    if name in ("load_frame", "frame"):
        from tenure.connectors.files import frames

        return getattr(frames, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
