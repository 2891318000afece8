"""The numbers of ``ingest.toml``, checked."""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.core import policy
from tenure.facts.placeholders import Placeholders

DOCUMENT = "ingest"
DEFAULT = Path(__file__).with_name("ingest.toml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Part):
    """What a request may be, and when the door closes for a while."""

    body_bytes: int = Field(ge=1024)
    batch_calls: int = Field(ge=1)
    depth: int = Field(ge=2, le=200)
    backlog_rows: int = Field(ge=1)
    backlog_retry_after: int = Field(ge=1)
    free_bytes: int = Field(ge=0)
    group_rows: int = Field(ge=1)
    fact_characters: int = Field(ge=16, le=255)
    name_characters: int = Field(ge=16, le=200)


class Ids(_Part):
    """Ids that are none."""

    placeholders: tuple[str, ...]

    @cached_property
    def listed(self) -> Placeholders:
        """The list, ready to be compared with."""
        return Placeholders(self.placeholders)


class Flush(_Part):
    """The rhythm of the way from inbox to lake."""

    every_seconds: float = Field(gt=0)
    batch_rows: int = Field(ge=1)
    batch_bytes: int = Field(ge=1024)
    lease_seconds: int = Field(ge=5)
    resolve_every_seconds: float = Field(gt=0)
    look_back_days: int = Field(ge=0)
    compact_every_seconds: float = Field(gt=0)
    compact_files: int = Field(ge=2)
    keep_hours: int = Field(ge=1)


class Clock(_Part):
    """How wrong a sender's clock may be."""

    ignore_below_seconds: float = Field(ge=0)
    most_seconds: float = Field(ge=0)
    future_seconds: float = Field(ge=0)
    earliest: date


class Once(_Part):
    """Where a fact is looked for before it counts as new."""

    recent_days: int = Field(ge=1)
    undated_days: int = Field(ge=1)
    memory_ids: int = Field(ge=1000)


def _packaged_ids() -> Ids:
    """For documents that were kept before there was such a list."""
    found = toml.read(DEFAULT.name, DEFAULT.read_text("utf-8"))
    return Ids.model_validate(found["ids"])


class IngestPolicy(_Part):
    """All of ``ingest.toml``."""

    limits: Limits
    ids: Ids = Field(default_factory=_packaged_ids)
    flush: Flush
    clock: Clock
    once: Once


def parse(source: str, text: str) -> IngestPolicy:
    """The typed policy; SpecError naming file and key."""
    return toml.parse(IngestPolicy, source, toml.read(source, text))


@cache
def packaged() -> IngestPolicy:
    """The packaged numbers."""
    return parse(DEFAULT.name, DEFAULT.read_text("utf-8"))


def load() -> IngestPolicy:
    """The numbers in force in this workspace."""
    found: IngestPolicy = policy.load(DOCUMENT)
    return found


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Ingestion",
            DEFAULT,
            parse,
            "Limits, clocks and rhythm of facts coming in.",
            permission=policy.GOVERN,
        ),
    )


def every_seconds() -> float:
    """How often a worker looks into the inbox, as packaged."""
    return packaged().flush.every_seconds
