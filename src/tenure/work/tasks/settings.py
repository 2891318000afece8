"""The numbers of work for people (policy document ``tasks``)."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.core import policy

DOCUMENT = "tasks"
DEFAULT = Path(__file__).with_name("tasks.toml")


class TaskSettings(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    snooze_days: tuple[int, ...] = Field(min_length=1)
    escalate_after_hours: int = Field(ge=0)
    escalate_to: str
    renewals_within_days: int = Field(ge=1)
    alerts_within_hours: int = Field(48, ge=1)
    shown: int = Field(10, ge=1, le=100)
    owed_shown: int = Field(6, ge=1, le=100)
    keep_days: int = Field(ge=31)
    promise_words: str = ""
    outcomes: dict[str, str] = Field(min_length=1)


def parse(source: str, text: str) -> TaskSettings:
    """The document in ``text``; SpecError names a wrong key."""
    return toml.parse(TaskSettings, source, toml.read(source, text))


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Tasks",
            DEFAULT,
            parse,
            "Work for people: order, escalation and outcomes.",
            permission=policy.EDIT,
        ),
    )


def current() -> TaskSettings:
    """The numbers in force."""
    loaded: TaskSettings = policy.load(DOCUMENT)
    return loaded
