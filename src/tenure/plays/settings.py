"""The numbers of plays (policy document ``plays``), checked. Pure."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml

DOCUMENT = "plays"
DEFAULT = Path(__file__).with_name("plays.toml")
LIBRARY = Path(__file__).with_name("library")
FAMILY = "plays/"


class CheckSettings(BaseModel):
    """Limits of the message check, and phrases (in small letters) beside ``channels.wording``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mass_share: float = Field(gt=0, le=1)
    links_most: int = Field(ge=0)
    words_most: int = Field(ge=1)
    guilt: tuple[str, ...]
    pressure: tuple[str, ...]


class PlaySettings(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    holdout: float = Field(ge=0, lt=1)
    global_holdout: float = Field(ge=0, lt=1)
    advance_seconds: int = Field(ge=1)
    chunk: int = Field(ge=1)
    dry_run_days: int = Field(ge=1)
    keep_days: int = Field(ge=31)
    news_days: float = Field(3, gt=0)
    check: CheckSettings


def parse(source: str, text: str) -> PlaySettings:
    """The document in ``text``; SpecError names a wrong key."""
    return toml.parse(PlaySettings, source, toml.read(source, text))


def packaged() -> PlaySettings:
    """The numbers as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
