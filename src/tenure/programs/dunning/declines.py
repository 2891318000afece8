"""What a decline means: the table of ``declines.toml`` (policy document ``declines``). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml

DOCUMENT = "declines"
DEFAULT = Path(__file__).with_name("declines.toml")
Kind = Literal["soft", "hard", "authentication", "fraud", "stop", "ours"]
FORBIDDEN = ("hard", "fraud", "stop")
"""Kinds after which the networks, or good sense, forbid the same card."""
_MUST_STAY = {
    "iso8583": ("04", "07", "41", "43", "46", "R0", "R1", "R3"),
    "mastercard_advice": ("03", "21"),
    "stripe": ("lost_card", "stolen_card", "pickup_card", "account_closed", "do_not_try_again"),
}
"""Codes no policy can make soft: after them the networks allow no further attempt."""


class Meaning(BaseModel):
    """One code: its kind, the words for it, how long the bank asks to wait, and whether it was the
    card's date alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Kind = Field(alias="class")
    says: str = Field(min_length=1)
    wait_hours: int = Field(0, ge=0)
    of_date: bool = False


class Table(BaseModel):
    """The whole document."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sources: dict[str, str]
    stripe: dict[str, Meaning]
    stripe_advice: dict[str, Meaning]
    iso8583: dict[str, Meaning]
    mastercard_advice: dict[str, Meaning]

    @model_validator(mode="after")
    def _networks_rules_stand(self) -> Table:
        for name, codes in _MUST_STAY.items():
            kept: dict[str, Meaning] = getattr(self, name)
            for code in codes:
                if code not in kept or kept[code].kind not in FORBIDDEN:
                    raise ValueError(
                        f"{name}.{code} must be hard, fraud or stop: the card networks allow no"
                        " further attempt after it"
                    )
        return self


@dataclass(frozen=True)
class Decline:
    """A decline, understood. ``code`` is the one that decided."""

    kind: Kind
    code: str
    says: str
    wait_hours: int = 0
    of_date: bool = False


def understand(table: Table, code: str, advice: str = "", network_code: str = "") -> Decline:
    """What a decline means; the strictest of what the codes say, and the longest wait.

    ``code`` is Stripe's or an ISO 8583 response code, ``advice`` Stripe's or Mastercard's. A code
    that nobody knows is taken as a refusal without a reason.
    """
    found = [
        Decline(meaning.kind, key, meaning.says, meaning.wait_hours, meaning.of_date)
        for key, tables in (
            (advice, (table.stripe_advice, table.mastercard_advice)),
            (code, (table.stripe, table.iso8583)),
            (network_code, (table.iso8583,)),
        )
        for meaning in (_look_up(tables, key),)
        if meaning is not None
    ]
    if not found:
        return Decline("soft", code or "unknown", "The bank declined without a reason we know")
    strictest = min(found, key=lambda d: _ORDER.index(d.kind))
    return replace(strictest, wait_hours=max(d.wait_hours for d in found))


_ORDER: tuple[Kind, ...] = ("fraud", "stop", "hard", "authentication", "ours", "soft")


def _look_up(tables: tuple[dict[str, Meaning], ...], key: str) -> Meaning | None:
    for table in tables:
        for name in (key, key.upper(), key.lower()):
            if name in table:
                return table[name]
    return None


def parse(source: str, text: str) -> Table:
    """The table in ``text``; SpecError names a wrong key."""
    return toml.parse(Table, source, toml.read(source, text))


def packaged() -> Table:
    """The table as packaged."""
    return parse(DEFAULT.name, DEFAULT.read_text(encoding="utf-8"))
