"""Numbers of the channel ``mail``, checked. Part of the policy document ``channels``."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounces(_Spec):
    """When an address is written to no more."""

    hard_status: tuple[str, ...]
    vague_status: tuple[str, ...] = ()
    soft_words: tuple[str, ...] = ()
    hard_words: tuple[str, ...] = ()
    soft_most: int = Field(ge=1)
    soft_days: int = Field(ge=1, le=365)
    warn_bounced_percent: float = Field(gt=0, le=100)
    warn_complained_percent: float = Field(gt=0, le=100)
    warn_from_mails: int = Field(ge=1)

    @field_validator("soft_words", "hard_words")
    @classmethod
    def _are_plain(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for words in value:
            if not re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*", words):
                raise ValueError(f"{words!r} has more in it than small letters, digits and spaces")
        return value

    @field_validator("hard_status", "vague_status")
    @classmethod
    def _are_final(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for status in value:
            if not re.fullmatch(r"5\.\d{1,3}\.\d{1,3}", status):
                raise ValueError(f"{status!r} is no final status of RFC 3463, such as 5.1.1")
        return value


class Mail(_Spec):
    """Who mails come from, what stands under them, and what bounces mean."""

    sender: str
    reply_to: str
    postal_address: str
    product: str
    footer: str
    unsubscribe: str
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")
    bounces: Bounces
