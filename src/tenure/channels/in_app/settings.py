"""The numbers of messages in the product (``[in_app]`` of policy ``channels``), checked. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Slot = Literal["banner", "message", "modal", "checklist"]
SLOTS: tuple[Slot, ...] = ("banner", "message", "modal", "checklist")


class Words(BaseModel):
    """What the script's own buttons say."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    close: str = Field(min_length=1)
    stop: str = Field(min_length=1)


class InApp(BaseModel):
    """Lengths are characters; ``once`` are slots whose message is shown a single time."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    show_days: int = Field(ge=1)
    at_once: int = Field(ge=1)
    once: tuple[Slot, ...]
    token_most_hours: int = Field(ge=1)
    leeway_seconds: int = Field(ge=0)
    refresh_seconds: int = Field(ge=30)
    requests_a_minute: int = Field(ge=1)
    title_most: int = Field(ge=1)
    text_most: int = Field(ge=1)
    items_most: int = Field(ge=1)
    words: Words
