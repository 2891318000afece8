"""Numbers of running a workspace (policy document ``operations``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.core import policy

DOCUMENT = "operations"
DEFAULT = Path(__file__).with_name("operations.toml")


class DoctorLimits(BaseModel):
    """From where on ``tenure doctor`` warns or fails."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    disk_free_warn_mb: int = Field(ge=0)
    disk_free_fail_mb: int = Field(ge=0)
    inbox_age_warn_minutes: int = Field(ge=1)
    inbox_rows_warn: int = Field(ge=1)
    worker_silent_minutes: int = Field(ge=1)
    clock_ahead_seconds: int = Field(ge=0)
    jobs_failed_days: int = Field(ge=0)


class BackupNumbers(BaseModel):
    """How a backup is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    state_pages_per_step: int = Field(ge=1)


class Operations(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    doctor: DoctorLimits
    backup: BackupNumbers


def parse(source: str, text: str) -> Operations:
    """The document in ``text``; SpecError names a wrong key."""
    return toml.parse(Operations, source, toml.read(source, text))


def packaged() -> Operations:
    """The numbers as packaged, for when the state database cannot be read."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def current() -> Operations:
    """The numbers in force."""
    found: Operations = policy.load(DOCUMENT)
    return found
