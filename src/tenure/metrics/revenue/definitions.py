"""What each revenue figure means, and which accounts are behind it (``definitions.toml``)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from tenure.analytics import toml

Unit = Literal["money", "share", "ratio", "count"]
Kind = Literal["new", "expansion", "reactivation", "contraction", "churn"]


class Definition(BaseModel):
    """One figure: its words, and the movements or the state it is made of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    unit: Unit
    better: Literal["up", "down", "none"]
    formula: str
    kinds: tuple[Kind, ...] = ()
    state: Literal["start", "end", ""] = ""
    leaving: Literal["voluntary", "involuntary", ""] = ""
    year: bool = False
    target: str = ""

    @model_validator(mode="after")
    def _opens_to_something(self) -> Definition:
        if sum([bool(self.kinds), bool(self.state), self.year]) != 1:
            raise ValueError("say one of kinds, state and year, so that the figure has accounts")
        return self

    def amount(self, row: dict[str, Any]) -> int | None:
        """What the account of a movement adds to the figure (minor units); None if nothing."""
        if self.state:
            return int(row[f"{self.state}_minor"]) or None
        if self.leaving and row.get("leaving") != self.leaving:
            return None
        return int(row["change_minor"]) if row["kind"] in self.kinds else None


class Definitions(BaseModel):
    """All figures by name, in the order in which they are shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    figures: dict[str, Definition]


@lru_cache
def definitions() -> dict[str, Definition]:
    """The definitions of all figures."""
    text = (files("tenure.metrics.revenue") / "definitions.toml").read_text("utf-8")
    source = "metrics/definitions.toml"
    return toml.parse(Definitions, source, toml.read(source, text)).figures
