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


class BackupSettings(BaseModel):
    """How a backup is made."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    state_pages_per_step: int = Field(ge=1)


class FreePages(BaseModel):
    """When SQLite's free pages go back to the disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    least_mb: int = Field(ge=0)
    pages_per_step: int = Field(ge=1)
    rewrite_share: float = Field(gt=0, le=1)


class SignIn(BaseModel):
    """After how many wrong passwords signing in is closed, and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    per_name_and_address: int = Field(ge=1)
    per_address: int = Field(ge=1)
    per_name: int = Field(ge=1)
    pause_minutes: int = Field(ge=1)

    def in_order(self) -> tuple[int, int, int]:
        """The limits in the order of AXES_LOCKOUT_PARAMETERS."""
        return self.per_name_and_address, self.per_address, self.per_name


class Operations(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    doctor: DoctorLimits
    backup: BackupSettings
    free_pages: FreePages
    sign_in: SignIn


def parse(source: str, text: str) -> Operations:
    """The document in ``text``; SpecError names a wrong key. A part it lacks is as packaged: it may
    have been saved before the part was invented."""
    ours = toml.read(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
    return toml.parse(Operations, source, {**ours, **toml.read(source, text)})


def packaged() -> Operations:
    """The numbers as packaged, for when the state database cannot be read."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def current() -> Operations:
    """The numbers in force."""
    found: Operations = policy.load(DOCUMENT)
    return found


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    about = "What the doctor takes as well, and how backups are made."
    return (
        policy.PolicyDocument(
            DOCUMENT, "Operations", DEFAULT, parse, about, permission=policy.GOVERN
        ),
    )
