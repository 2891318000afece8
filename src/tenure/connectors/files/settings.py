"""The numbers of ``settings.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def settings() -> dict[str, Any]:
    """See ``settings.toml`` for the meaning."""
    text = files("tenure.connectors.files").joinpath("settings.toml").read_text("utf-8")
    return tomllib.loads(text)
