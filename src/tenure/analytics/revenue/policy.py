"""The rules by which recurring revenue is counted, as declared in ``policy.toml``."""

from __future__ import annotations

from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tenure.analytics import toml


class Targets(BaseModel):
    """What good looks like (0.05 is 5 per cent): ``nrr`` and ``grr`` over a year, the others a
    month."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    logo_churn_b2c: float
    logo_churn_b2b: float
    net_churn: float
    nrr: float
    grr: float


class TenureBand(BaseModel):
    """A band of time as a customer: fewer days than ``below``; None is the band without end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    below: int | None = Field(None, gt=0)


BANDS = (
    TenureBand(name="under 3 months", below=90),
    TenureBand(name="3 to 12 months", below=365),
    TenureBand(name="1 to 2 years", below=730),
    TenureBand(name="2 years and more"),
)
"""For documents that name no bands."""
_RETIRED = "no longer used: which states count is one rule, see docs/rules/subscriptions.md"


class RevenuePolicy(BaseModel):
    """What good looks like. Which states of a subscription count is the same for every reader:
    see ``analytics.subscriptions``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    targets: Targets
    tenures: tuple[TenureBand, ...] = BANDS
    paying: tuple[str, ...] | None = Field(None, description=_RETIRED)
    alive: tuple[str, ...] | None = Field(None, description=_RETIRED)

    @field_validator("tenures")
    @classmethod
    def _in_order(cls, bands: tuple[TenureBand, ...]) -> tuple[TenureBand, ...]:
        below = [band.below for band in bands]
        ends = [n for n in below[:-1] if n is not None]
        if not bands or below[-1] is not None or len(ends) != len(bands) - 1:
            raise ValueError("every band but the last has `below`, and the last has none")
        if ends != sorted(set(ends)):
            raise ValueError("`below` rises from band to band")
        return bands


def parse_policy(source: str, text: str) -> RevenuePolicy:
    """The policy declared by the TOML ``text`` of ``source``; SpecError if it is not sound."""
    return toml.parse(RevenuePolicy, source, toml.read(source, text))


def default_policy() -> RevenuePolicy:
    """The packaged rules."""
    text = resources.files(__package__).joinpath("policy.toml").read_text()
    return parse_policy("revenue", text)
