"""The policy document ``stripe``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tenure.analytics import toml
from tenure.core import policy

DOCUMENT = "stripe"
DEFAULT = Path(__file__).with_name("policy.toml")


class StripePolicy(BaseModel):
    """See ``policy.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_metadata: str = Field(max_length=40)
    park_hours: int = Field(ge=1, le=24 * 14)
    tolerance_seconds: int = Field(ge=30, le=3600)
    reconcile_hours: int = Field(ge=1, le=24 * 29)
    page: int = Field(ge=1, le=100)
    retries: int = Field(ge=0, le=5)
    answer_seconds: int = Field(ge=1, le=80)
    waits_seconds: tuple[float, ...] = Field(max_length=10)


def parse(source: str, text: str) -> StripePolicy:
    """The document in ``text``; SpecError names a wrong key."""
    return toml.parse(StripePolicy, source, toml.read(source, text))


def packaged() -> StripePolicy:
    """As packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))


def documents() -> tuple[policy.PolicyDocument, ...]:
    """What a workspace may change of it."""
    return (
        policy.PolicyDocument(
            DOCUMENT,
            "Stripe",
            DEFAULT,
            parse,
            "How Stripe's objects become facts.",
            permission=policy.GOVERN,
        ),
    )


def current() -> StripePolicy:
    """The document in force."""
    found: StripePolicy = policy.load(DOCUMENT)
    return found
