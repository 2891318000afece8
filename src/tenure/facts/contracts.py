"""Data contracts: what a fact must hold beyond its table's columns, as declared in policy."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tenure.analytics.errors import SpecError
from tenure.analytics.tables import TABLES
from tenure.core import policy

DOCUMENT = "contracts"
Mode = Literal["quarantine", "warn"]
FieldType = Literal["text", "number", "integer", "bool", "timestamp", "list", "object"]
_UNITS = {"h": 1.0, "d": 24.0, "w": 168.0}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldRule(_Strict):
    """What one column or property must be."""

    type: FieldType | None = None
    required: bool = False
    allowed: tuple[str | int | float, ...] = ()
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> FieldRule:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min lies above max")
        return self


class Volume(_Strict):
    """How many facts a whole day brings."""

    min_per_day: int | None = Field(default=None, ge=0)
    max_per_day: int | None = Field(default=None, ge=1)


class Contract(_Strict):
    """The contract of a table, an event, or (freshness and volume only) a source."""

    mode: Mode | None = None
    owner: str = ""
    description: str = ""
    expected_every: str = ""
    volume: Volume = Volume()
    fields: dict[str, FieldRule] = {}

    @field_validator("expected_every")
    @classmethod
    def _duration(cls, value: str) -> str:
        if value and not re.fullmatch(r"[1-9]\d{0,3}[hdw]", value):
            raise ValueError("is no duration such as 12h, 1d or 2w")
        return value

    def every(self) -> timedelta | None:
        """How often facts are expected; None when nothing is promised."""
        if not self.expected_every:
            return None
        return timedelta(hours=int(self.expected_every[:-1]) * _UNITS[self.expected_every[-1]])


class Watch(_Strict):
    """When a source counts as quiet, loud or stale; see ``contracts.toml`` for the meaning."""

    weeks: int = Field(ge=1, le=52)
    least_weeks: int = Field(ge=1)
    least_rows: int = Field(ge=0)
    quiet_below: float = Field(gt=0, lt=1)
    loud_above: float = Field(gt=1)
    deviations: float = Field(ge=0)
    stale_gaps: float = Field(ge=1)
    stale_least_h: float = Field(ge=1)


class Contracts(_Strict):
    """All contracts in force."""

    mode: Mode = "quarantine"
    undeclared_events: Literal["accept", "warn", "quarantine"] = "accept"
    watch: Watch
    tables: dict[str, Contract] = {}
    events: dict[str, Contract] = {}
    sources: dict[str, Contract] = {}

    def warns(self, contract: Contract) -> bool:
        """Whether a breach of ``contract`` lets the fact land."""
        return (contract.mode or self.mode) == "warn"


def parse(source: str, text: str) -> Contracts:
    """The contracts a TOML text declares; SpecError names file, key and remedy."""
    try:
        contracts = Contracts.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(source, "syntax", str(error), "correct the TOML at that line") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        remedy = "see the comments of the packaged contracts (tenure policy show contracts)"
        raise SpecError(source, key, problem[:1].lower() + problem[1:], remedy) from error
    _check_names(source, contracts)
    return contracts


def _check_names(source: str, contracts: Contracts) -> None:
    for name, contract in contracts.tables.items():
        if name not in TABLES:
            remedy = f"use one of {', '.join(TABLES)}"
            raise SpecError(source, f"tables.{name}", "is no table", remedy)
        known = {c.name for c in TABLES[name].columns}
        for field in contract.fields:
            if field not in known and "." not in field:
                remedy = f"use a column ({', '.join(sorted(known))}) or properties.NAME"
                raise SpecError(source, f"tables.{name}.fields.{field}", "is no column", remedy)
    for name, contract in contracts.sources.items():
        if contract.fields:
            remedy = "put fields under [events.…] or [tables.…]"
            raise SpecError(source, f"sources.{name}.fields", "has no meaning", remedy)


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            name=DOCUMENT,
            title="Data contracts",
            path=Path(__file__).with_name("contracts.toml"),
            parse=parse,
            description="What every event, table and source promises.",
            permission=policy.EDIT,
        ),
    )


def current() -> Contracts:
    """The contracts in force in this workspace."""
    loaded: Contracts = policy.load(DOCUMENT)
    return loaded
