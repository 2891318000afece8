"""The numbers of ``settings.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def settings() -> dict[str, float]:
    """See ``settings.toml`` for the meaning."""
    text = files("tenure.connectors.files").joinpath("settings.toml").read_text("utf-8")
    return tomllib.loads(text)
