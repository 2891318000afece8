"""The rules by which recurring revenue is counted, as declared in ``policy.toml``."""

from __future__ import annotations

from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.analytics import toml


class Targets(BaseModel):
    """What good looks like, as monthly rates (0.05 is 5 per cent)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo_churn_b2c: float
    logo_churn_b2b: float
    net_churn: float
    nrr: float
    grr: float


class RevenuePolicy(BaseModel):
    """Which states of a subscription count, and what good looks like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    paying: tuple[str, ...] = Field(min_length=1)
    alive: tuple[str, ...]
    targets: Targets

    @model_validator(mode="after")
    def _paying_customers_are_alive(self) -> RevenuePolicy:
        if left := set(self.paying) - set(self.alive):
            raise ValueError(f"{sorted(left)} pay but are not in alive; add them to alive")
        return self


def parse_policy(source: str, text: str) -> RevenuePolicy:
    """The policy declared by the TOML ``text`` of ``source``; SpecError if it is not sound."""
    return toml.parse(RevenuePolicy, source, toml.read(source, text))


def default_policy() -> RevenuePolicy:
    """The packaged rules."""
    text = resources.files(__package__).joinpath("policy.toml").read_text()
    return parse_policy("revenue", text)
