"""Numbers and words of investigations (``investigations.toml``), loaded and checked. Pure."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tenure.analytics import toml

DOCUMENT = "investigations"
DEFAULT = Path(__file__).with_name("investigations.toml")
MEASURED = (
    "ended_involuntarily",
    "short_stay",
    "champion_gone",
    "open_tickets",
    "slow_replies",
    "no_contact",
    "warnings_missed",
    "unhappy_answer",
)
"""Evidence that is measured from the dossier; all other names are those of warnings."""
RETURNS = ("yes", "maybe", "no")


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Running(_Spec):
    """How far back is looked."""

    history_days: int = Field(ge=1)
    look_back_days: int = Field(ge=7, le=1000)
    contacts_listed: int = Field(ge=1, le=500)


class Warnings(_Spec):
    """Which warnings belong to a loss, and what counts as an answer to one."""

    gap_days: float = Field(gt=0)
    fresh_days: float = Field(gt=0)
    answer_days: float = Field(gt=0)
    own_doing: tuple[str, ...] = ()


class Verdict(_Spec):
    """From where on something is evidence, and when somebody could have acted."""

    least_lead_days: float = Field(ge=0)
    least_strength: float = Field(gt=0)
    single_month_days: float = Field(ge=1)
    silent_days: float = Field(ge=1)
    slow_reply_hours: float = Field(gt=0)
    unhappy: dict[str, float] = {}


class Interview(_Spec):
    """The exit interview and the mail that asks for it."""

    on: bool
    delay_days: float = Field(ge=0)
    first_seen_days: float = Field(ge=1)
    link_days: int = Field(ge=1, le=365)
    most_text: int = Field(ge=100, le=20_000)
    subject: str = Field(min_length=1)
    text: str
    nobody: str = Field(min_length=1)

    @field_validator("text")
    @classmethod
    def _leads_somewhere(cls, text: str) -> str:
        named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if "link" not in named or named - {"link", "name"}:
            raise ValueError("must name {link}, may name {name}, and nothing else in braces")
        return text


class Page(_Spec):
    """What the hosted page says."""

    title: str = Field(min_length=1)
    lead: str
    reason: str = Field(min_length=1)
    words: str = Field(min_length=1)
    return_: str = Field(min_length=1, alias="return")
    send: str = Field(min_length=1)
    thanks: str
    again: str
    closed: str
    returns: dict[str, str]

    @field_validator("returns")
    @classmethod
    def _all_of_them(cls, given: dict[str, str]) -> dict[str, str]:
        if set(given) != set(RETURNS):
            raise ValueError(f"must have exactly {', '.join(RETURNS)}")
        return given


class Cause(_Spec):
    """A cause: what points to it, what customers call it, whether it can be prevented and how."""

    title: str = Field(min_length=1)
    preventable: bool
    how: str = Field(min_length=1)
    change: Literal["product", "process"] = "process"
    lead_days: float | None = Field(None, ge=0)
    evidence: dict[str, float] = {}
    stated: tuple[str, ...] = ()


class ReviewRules(_Spec):
    """The monthly review: when a cause repeats, and what an action is compared over."""

    repeated_losses: int = Field(ge=1)
    repeated_months: int = Field(ge=1, le=3)
    compare_months: int = Field(ge=1, le=12)
    wait_days: float = Field(ge=0, le=60)


class Settings(_Spec):
    """The whole document."""

    running: Running
    warnings: Warnings
    verdict: Verdict
    interview: Interview
    page: Page
    review: ReviewRules
    causes: dict[str, Cause] = Field(min_length=1)
    reasons: dict[str, str] = Field(min_length=2)

    @model_validator(mode="after")
    def _one_cause_for_a_reason(self) -> Settings:
        seen: dict[str, str] = {}
        for name, cause in self.causes.items():
            for reason in cause.stated:
                if reason in seen:
                    raise ValueError(
                        f"causes.{name}.stated has {reason!r}, which {seen[reason]} has, too"
                    )
                seen[reason] = name
            if any(weight <= 0 for weight in cause.evidence.values()):
                raise ValueError(f"causes.{name}.evidence has a weight that is not above 0")
        return self

    def cause_of(self, reason: str) -> str:
        """The cause that customers mean by ``reason``; empty if it names none."""
        return next((name for name, c in self.causes.items() if reason in c.stated), "")

    def title(self, cause: str) -> str:
        """A cause in words; one that policy no longer has, by its name."""
        found = self.causes.get(cause)
        return found.title if found else cause.replace("_", " ").capitalize()


def parse(source: str, text: str) -> Settings:
    """The document in ``text``; SpecError names a wrong key and its remedy."""
    return toml.parse(Settings, source, toml.read(source, text))


def packaged() -> Settings:
    """The numbers as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
