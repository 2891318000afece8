"""Small policy documents for tests: a palette, and paints that refer to its colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from tenure.analytics import toml
from tenure.analytics.errors import SpecError
from tenure.core.policy import (
    EDIT,
    PolicyDocument,
    PolicyFamily,
    register,
    register_family,
    registry,
)

PALETTE = '# the colours\ncolours = ["red", "blue"]\n'
WALL = 'colour = "red"\n'


class Palette(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colours: list[str]


class Paint(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: str


def _palette(source: str, text: str) -> Palette:
    return toml.parse(Palette, source, toml.read(source, text))


def _paint(source: str, text: str) -> Paint:
    return toml.parse(Paint, source, toml.read(source, text))


def _check_paint(source: str, paint: Paint, load: Any) -> None:
    if paint.colour not in load("test/palette").colours:
        raise SpecError(source, "colour", f"{paint.colour} is not in the palette", "use another")


def registered(folder: Path) -> Iterator[None]:
    """Make the documents known for one test."""
    (folder / "paints").mkdir(parents=True)
    (folder / "palette.toml").write_text(PALETTE)
    (folder / "paints" / "wall.toml").write_text(WALL)
    documents, families = dict(registry._documents), dict(registry._families)
    register(
        PolicyDocument(
            "test/palette", "Palette", folder / "palette.toml", _palette, permission=EDIT
        )
    )
    family = PolicyFamily(
        "test/paints/", "Paint", folder / "paints", _paint, check=_check_paint, permission=EDIT
    )
    register_family(family)
    yield
    for known, before in ((registry._documents, documents), (registry._families, families)):
        known.clear()
        known.update(before)
